import pytest

pytest.register_assert_rewrite("tests.holding", "tests.shadowing")  # stories without `test_` names
