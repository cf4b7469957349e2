import os

# Two processes run tests, and threads of BLAS that wait for one another take longer
# than the small matrices of most tests. Set before numpy is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# scikit-learn's own tests have a runner of their own: tests/conformance/run.py
collect_ignore = ["conformance"]
