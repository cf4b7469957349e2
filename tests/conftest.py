# scikit-learn's own tests have a runner of their own: tests/conformance/run.py
collect_ignore = ["conformance"]
