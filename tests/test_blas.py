import itertools
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from sklearn_bayes_search.optimizer import _blas
from sklearn_bayes_search.optimizer._blas import one_blas_thread


def blas_threads():
    return {
        lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"
    }


@pytest.fixture(autouse=True)
def three_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(3, "blas"):
        yield


def test_there_is_one_thread_inside_and_as_many_as_before_outside():
    with one_blas_thread():
        assert blas_threads() == {1}
    assert blas_threads() == {3}


def test_the_limit_is_lifted_after_an_error():
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        _ = 1 / 0
    assert blas_threads() == {3}


def test_the_last_of_several_lifts_the_limit():
    with one_blas_thread():
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {3}


def test_threads_do_not_lift_each_other_s_limit():
    inside, leaving = Barrier(2), Barrier(2)

    def hold(number):
        with one_blas_thread():
            inside.wait(10)
            if number == 0:
                seen = blas_threads()
            else:  # waits until the other has left
                leaving.wait(10)
                seen = blas_threads()
        if number == 0:
            leaving.wait(10)
        return seen

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(hold, range(2))) == [{1}, {1}]
    assert blas_threads() == {3}


def test_libraries_are_looked_for_once(monkeypatch):
    made = []

    class Counting(ThreadpoolController):
        def __init__(self):
            made.append(self)
            super().__init__()

    monkeypatch.setattr(_blas, "ThreadpoolController", Counting)
    _blas._controller.cache_clear()
    for _ in range(3):
        with one_blas_thread():
            pass
    _blas._controller.cache_clear()
    assert len(made) == 1


def test_an_interrupt_between_two_lines_does_no_lasting_harm():
    def interrupt_at(number):
        """Raise at the line of the module with this number; tell if there is one."""
        left = number

        def trace(frame, event, argument):
            nonlocal left
            if frame.f_code.co_filename != _blas.__file__:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    sys.settrace(None)
                    raise KeyboardInterrupt
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            with one_blas_thread():
                pass
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False

    n_lines = next(n for n in itertools.count() if not interrupt_at(n + 1))
    assert n_lines > 9
    with one_blas_thread():
        assert blas_threads() == {1}
    assert blas_threads() == {3}
    # the lock is free: only the thread that holds it could take it otherwise
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_blas._lock.acquire, timeout=10).result()
        pool.submit(_blas._lock.release).result()
