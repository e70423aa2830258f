"""The house keeps its rules, and the check that says so sees each way of breaking them."""

import sys

import pytest
from harness.places import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import check_includes  # noqa: E402


def test_the_tree_keeps_the_rules():
    assert check_includes.check(ROOT) == []


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        ("task-service/api/a.cpp", '#include "user-service/domain/user.hpp"', "task-service includes user-service"),
        ("platform/core/a.hpp", '#include "task-service/domain/task.hpp"', "platform knows no service"),
        ("platform/service/a.cpp", "#include <boost/beast/http.hpp>", "only platform/http includes Beast"),
        ("task-service/storage/a.cpp", "#include <sqlite3.h>", "only platform/sql"),
        ("task-service/storage/a.cpp", "#include <libpq-fe.h>", "only platform/sql"),
        ("platform/auth/a.cpp", "#include <curl/curl.h>", "only platform/outbound includes libcurl"),
        ("user-service/domain/a.hpp", '#include "platform/json/read.hpp"', "domain/ holds rules only"),
        ("user-service/domain/a.hpp", '#include "platform/core/async.hpp"', "domain/ holds rules only"),
        ("user-service/domain/a.cpp", "#include <fstream>", "domain/ holds rules only"),
        ("user-service/api/a.cpp", 'auto x = "SELECT id FROM users";', "SQL lives in storage/"),
        ("user-service/app.cpp", 'auto x = R"(UPDATE users\n SET name = ?1)";', "SQL lives in storage/"),
        ("user-service/app.cpp", '#include "platform/testing/postgres.hpp"', "platform/testing is for tests"),
        ("user-service/api/a.cpp", 'auto x = std::getenv("HOME");', "the environment is read in platform/core only"),
    ],
)
def test_each_break_is_seen(tmp_path, place, text, said):
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(text)
    found = check_includes.check(tmp_path)
    assert len(found) == 1 and found[0].startswith(place) and said in found[0], found


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("standalone/main.cpp", '#include "user-service/app.hpp"\n#include "task-service/app.hpp"'),
        ("platform/http/server.cpp", "#include <boost/beast/http.hpp>"),
        ("platform/sql/sqlite.cpp", "#include <sqlite3.h>"),
        ("user-service/storage/a.cpp", 'auto x = "SELECT id FROM users";'),
        ("user-service/tests/a_test.cpp", '#include "platform/testing/postgres.hpp"\nauto x = "SELECT id FROM users";'),
        ("user-service/domain/a.cpp", '#include "platform/core/result.hpp"  // SELECT a FROM b'),
    ],
)
def test_what_is_allowed_is_not_reported(tmp_path, place, text):
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert check_includes.check(tmp_path) == []
