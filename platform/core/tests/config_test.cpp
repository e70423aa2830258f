#include "platform/core/config.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cumulo {
namespace {

using variables = std::map<std::string, std::string>;

option_table table() {
  option_table t;
  t.add({{"listen", option_type::text, "127.0.0.1:8000", "Public address."},
         {"threads", option_type::number, "0", "How many threads."},
         {"rate", option_type::number, "600", "How many a minute.", {}, 1},
         {"access-log", option_type::boolean, "true", "One line each."},
         {"idle-timeout", option_type::duration, "75s", "Silence."},
         {"max-body", option_type::size, "1MiB", "Largest body."},
         {"smtp-password", option_type::secret, "", "For the mail server."},
         {"origins", option_type::list, "", "Allowed origins."},
         {"log-level", option_type::text, "info", "Least level.", {"debug", "info", "warn"}},
         {"log-file", option_type::text, "", "Where lines go | or not."},
         {"channels", option_type::list, "inbox", "Which.", {"inbox", "email"}}});
  return t;
}

/// A file that is removed at the end of the test.
class scratch_file {
 public:
  explicit scratch_file(std::string_view content) {
    std::string name = (std::filesystem::temp_directory_path() / "cumulo-config-XXXXXX").string();
    const int handle = ::mkstemp(name.data());
    EXPECT_GE(handle, 0);
    ::close(handle);
    path_ = name;
    std::ofstream{path_, std::ios::binary} << content;
  }
  ~scratch_file() { std::filesystem::remove(path_); }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string faults_of(const result<config>& r) {
  if (r.has_value()) return "accepted";
  std::string all;
  for (const fault& f : r.error().faults)
    all += (all.empty() ? "" : "\n") + f.pointer + ": " + f.code + ": " + f.detail;
  return all;
}

result<config> resolve(const std::vector<std::string>& flags, const variables& environment = {}) {
  return table().resolve(flags, environment);
}

TEST(config, has_defaults_of_every_type) {
  const auto c = resolve({}).value();
  EXPECT_EQ(c.text("listen"), "127.0.0.1:8000");
  EXPECT_EQ(c.number("threads"), 0);
  EXPECT_TRUE(c.boolean("access-log"));
  EXPECT_EQ(c.duration("idle-timeout"), std::chrono::seconds{75});
  EXPECT_EQ(c.size("max-body"), 1'048'576U);
  EXPECT_EQ(c.text("smtp-password"), "");
  EXPECT_TRUE(c.list("origins").empty());
  EXPECT_FALSE(c.is_set("listen"));
}

TEST(config, is_given_by_flag_over_variable_over_secret_file_over_file_over_default) {
  const scratch_file secret{"from-secret-file\r\n\n"};
  const scratch_file file{"# comment\n\nlisten = from-file\r\n  smtp-password=\" spaced # kept \"\nthreads=4\n"};
  const std::string at = "--config=" + file.path();
  EXPECT_EQ(resolve({at})->text("listen"), "from-file");
  EXPECT_EQ(resolve({at})->text("smtp-password"), " spaced # kept ");
  EXPECT_EQ(resolve({}, {{"CUMULO_CONFIG", file.path()}})->number("threads"), 4);
  variables given{{"CUMULO_LISTEN_FILE", secret.path()}};
  EXPECT_EQ(resolve({at}, given)->text("listen"), "from-secret-file");
  given["CUMULO_LISTEN"] = "from-variable";
  EXPECT_EQ(resolve({at}, given)->text("listen"), "from-variable");
  EXPECT_EQ(resolve({at, "--listen", "from-flag"}, given)->text("listen"), "from-flag");
  EXPECT_TRUE(resolve({at})->is_set("listen"));
}

TEST(config, takes_flags_in_every_form) {
  EXPECT_EQ(resolve({"--listen=a=b"})->text("listen"), "a=b");
  EXPECT_EQ(resolve({"--listen="})->text("listen"), "");
  EXPECT_FALSE(resolve({"--access-log", "false"})->boolean("access-log"));
  EXPECT_FALSE(resolve({"--access-log=off"})->boolean("access-log"));
  EXPECT_TRUE(resolve({"--access-log", "--threads", "2"}, {{"CUMULO_ACCESS_LOG", "0"}})->boolean("access-log"));
  EXPECT_EQ(resolve({"--threads", "2"})->number("threads"), 2);
  EXPECT_THAT(resolve({"--origins", " a, ,b ,"})->list("origins"), testing::ElementsAre("a", "b"));
}

TEST(config, says_which_numbers_it_takes) {
  EXPECT_EQ(faults_of(resolve({"--rate", "0"}, {{"CUMULO_THREADS", "-1"}})),
            "--rate: invalid_value: must be a whole number from 1 to 1000000000, not \"0\"\n"
            "CUMULO_THREADS: invalid_value: must be a whole number from 0 to 1000000000, not \"-1\"");
}

TEST(config, takes_an_empty_variable_as_not_given_where_empty_is_no_value) {
  const auto c =
      resolve({}, {{"CUMULO_THREADS", ""}, {"CUMULO_LOG_LEVEL", ""}, {"CUMULO_LISTEN", ""}, {"CUMULO_CONFIG", ""}})
          .value();
  EXPECT_FALSE(c.is_set("threads"));
  EXPECT_EQ(c.text("log-level"), "info");
  EXPECT_EQ(c.text("listen"), "");
  EXPECT_TRUE(c.is_set("listen"));
}

TEST(config, prefers_an_option_whose_name_ends_in_file_to_a_secret_file) {
  EXPECT_EQ(resolve({}, {{"CUMULO_LOG_FILE", "/no/such/file"}})->text("log-file"), "/no/such/file");
}

struct value_case {
  std::string_view option, text;
  std::optional<std::int64_t> expected;
};
void PrintTo(const value_case& c, std::ostream* out) { *out << c.option << "=" << c.text; }
class config_value_of : public testing::TestWithParam<value_case> {};
TEST_P(config_value_of, is_read_exactly_or_refused) {
  const auto& [name, text, expected] = GetParam();
  const auto c = resolve({"--" + std::string{name} + "=" + std::string{text}});
  ASSERT_EQ(c.has_value(), expected.has_value()) << faults_of(c);
  if (!expected) {
    EXPECT_EQ(c.error().faults.size(), 1U);
    return;
  }
  if (name == "threads" || name == "rate") {
    EXPECT_EQ(c->number(name), *expected);
  }
  if (name == "idle-timeout") {
    EXPECT_EQ(c->duration(name).count(), *expected);
  }
  if (name == "max-body") {
    EXPECT_EQ(static_cast<std::int64_t>(c->size(name)), *expected);
  }
  if (name == "access-log") {
    EXPECT_EQ(c->boolean(name), *expected == 1);
  }
}
constexpr auto refused = std::nullopt;
INSTANTIATE_TEST_SUITE_P(
    table, config_value_of,
    testing::Values(value_case{"threads", "1000000000", 1'000'000'000}, value_case{"threads", "1000000001", refused},
                    value_case{"threads", "-1", refused}, value_case{"rate", "1", 1}, value_case{"rate", "0", refused},
                    value_case{"threads", "9223372036854775808", refused}, value_case{"threads", "1.5", refused},
                    value_case{"threads", "0x10", refused}, value_case{"threads", " 1", refused},
                    value_case{"threads", "", refused}, value_case{"idle-timeout", "250ms", 250},
                    value_case{"idle-timeout", "30s", 30'000}, value_case{"idle-timeout", "15m", 900'000},
                    value_case{"idle-timeout", "24h", 86'400'000}, value_case{"idle-timeout", "30d", 2'592'000'000},
                    value_case{"idle-timeout", "0", 0}, value_case{"idle-timeout", "30", refused},
                    value_case{"idle-timeout", "-1s", refused}, value_case{"idle-timeout", "1.5s", refused},
                    value_case{"idle-timeout", "1 s", refused}, value_case{"idle-timeout", "s", refused},
                    value_case{"idle-timeout", "1min", refused},
                    value_case{"idle-timeout", "9223372036854775807d", refused}, value_case{"max-body", "0", 0},
                    value_case{"max-body", "4096", 4096}, value_case{"max-body", "16KiB", 16'384},
                    value_case{"max-body", "2GiB", 2'147'483'648}, value_case{"max-body", "16KB", refused},
                    value_case{"max-body", "16kib", refused}, value_case{"max-body", "99999999TiB", refused},
                    value_case{"access-log", "true", 1}, value_case{"access-log", "0", 0},
                    value_case{"access-log", "on", 1}, value_case{"access-log", "maybe", refused},
                    value_case{"access-log", "TRUE", refused}, value_case{"log-level", "INFO", refused},
                    value_case{"channels", "inbox,push", refused}, value_case{"channels", "email, inbox", 0}));

TEST(config, names_every_fault_of_every_source) {
  const scratch_file file{"listen\nno-such = 1\nthreads = many\nthreads = 1\nmax-body = 1\nmax-body = 2\n"};
  const auto r = resolve({"--config", file.path(), "stray", "--lisen=x", "--log-level=loud", "--threads", "1",
                          "--threads=2", "--idle-timeout"},
                         {{"CUMULO_LISTENN", "x"},
                          {"CUMULO_MAX_BODY", "big"},
                          {"CUMULO_SMTP_PASSWORD_FILE", "/no/such"},
                          {"CUMULO_TEST_POSTGRES", "1"},
                          {"HOME", "/"},
                          {"CUMULO_", ""}});
  EXPECT_EQ(faults_of(r),
            "stray: unexpected_argument: is no option; options start with --\n"
            "--lisen: unknown_option: unknown option; did you mean --listen?\n"
            "--log-level: invalid_value: must be one of debug, info, warn, not \"loud\"\n"
            "--threads: duplicate: is given twice\n"
            "--idle-timeout: required: needs a value\n"
            "CUMULO_: unknown_option: unknown variable\n"
            "CUMULO_LISTENN: unknown_option: unknown variable; did you mean CUMULO_LISTEN?\n"
            "CUMULO_MAX_BODY: invalid_value: must be a size such as 4096, 16KiB, 1MiB or 2GiB, not \"big\"\n"
            "CUMULO_SMTP_PASSWORD_FILE: unreadable: cannot read the file /no/such\n" +
                file.path() + ":1: malformed: is not of the form: name = value\n" + file.path() +
                ":2: unknown_option: unknown option\n" + file.path() +
                ":3 threads: invalid_value: must be a whole number, not \"many\"\n" + file.path() +
                ":6: duplicate: max-body is given twice");
}

TEST(config, ignores_what_kubernetes_sets_for_a_service_named_cumulo) {
  EXPECT_EQ(faults_of(resolve({}, {{"CUMULO_SERVICE_HOST", "10.0.0.1"},
                                   {"CUMULO_SERVICE_PORT", "80"},
                                   {"CUMULO_SERVICE_PORT_HTTP", "80"},
                                   {"CUMULO_PORT", "tcp://10.0.0.1:80"},
                                   {"CUMULO_PORT_80_TCP", "tcp://10.0.0.1:80"},
                                   {"CUMULO_PORT_80_TCP_PROTO", "tcp"},
                                   {"CUMULO_PORT_80_TCP_PORT", "80"},
                                   {"CUMULO_PORT_80_TCP_ADDR", "10.0.0.1"},
                                   {"CUMULO_TASKS_SERVICE_HOST", "10.0.0.2"}})),
            "accepted");
}

TEST(config, says_when_a_file_cannot_be_read) {
  EXPECT_EQ(faults_of(resolve({"--config=/no/such/file"})), "--config: unreadable: cannot read the file /no/such/file");
  EXPECT_EQ(faults_of(resolve({"--config=/"})), "--config: unreadable: cannot read the file /");
  const scratch_file binary{std::string_view{"listen = a\0b", 12}};
  EXPECT_EQ(faults_of(resolve({"--config=" + binary.path()})),
            "--config: unreadable: the file " + binary.path() + " holds a NUL byte");
}

TEST(config, never_prints_secrets) {
  const auto c = resolve({"--smtp-password=hunter2", "--listen=postgres://user:hunter2@host:5432/db?x=1",
                          "--origins=http://a:hunter2@b,http://c:d"})
                     .value();
  std::ostringstream out;
  table().print_config(out, c);
  EXPECT_THAT(out.str(), testing::Not(testing::HasSubstr("hunter2")));
  EXPECT_THAT(out.str(), testing::HasSubstr("# smtp-password (set)\n"));
  EXPECT_THAT(out.str(), testing::HasSubstr("listen = postgres://user:***@host:5432/db?x=1\n"));
  EXPECT_THAT(out.str(), testing::HasSubstr("origins = http://a:***@b,http://c:d\n"));
  std::ostringstream without;
  table().print_config(without, *resolve({}));
  EXPECT_THAT(without.str(), testing::HasSubstr("# smtp-password (not set)\n"));
  option_table secret_choice;
  secret_choice.add({{"kind", option_type::secret, "", "x", {"", "a"}}});
  EXPECT_THAT(faults_of(secret_choice.resolve(std::vector<std::string>{"--kind=hunter2"}, {})),
              testing::Not(testing::HasSubstr("hunter2")));
}

TEST(config, prints_a_file_that_it_reads_again) {
  const auto c = resolve({"--listen=x y", "--threads=3", "--channels=email"}).value();
  std::ostringstream first, second;
  table().print_config(first, c);
  const scratch_file file{first.str()};
  table().print_config(second, resolve({"--config=" + file.path()}).value());
  EXPECT_EQ(first.str(), second.str());
}

TEST(config, prints_each_option_in_help_and_markdown) {
  std::ostringstream help, markdown;
  table().print_help(help);
  table().print_markdown(markdown);
  for (const std::string_view part : {"--idle-timeout <duration>", "CUMULO_IDLE_TIMEOUT", "75s", "Silence.",
                                      "--log-level <debug|info|warn>", "_FILE"}) {
    EXPECT_THAT(help.str(), testing::HasSubstr(std::string{part}));
  }
  EXPECT_THAT(markdown.str(),
              testing::HasSubstr("| `--max-body` | `CUMULO_MAX_BODY` | size | `1MiB` | Largest body. |\n"));
  EXPECT_THAT(markdown.str(),
              testing::HasSubstr("| `--log-level` | `CUMULO_LOG_LEVEL` | text: `debug\\|info\\|warn` | `info` |"));
  EXPECT_THAT(markdown.str(), testing::HasSubstr("Where lines go \\| or not."));
}

TEST(config, tells_the_programmer_of_wrong_names_types_and_defaults) {
  const auto c = resolve({}).value();
  EXPECT_THROW((void)c.text("no-such"), std::logic_error);
  EXPECT_THROW((void)c.text("threads"), std::logic_error);
  EXPECT_THROW((void)c.is_set("no-such"), std::logic_error);
  option_table t = table();
  EXPECT_THROW(t.set_default("no-such", "x"), std::logic_error);
  EXPECT_THROW(t.set_default("threads", "x"), std::logic_error);
  EXPECT_THROW(t.add({{"bad", option_type::duration, "30", "x"}}), std::logic_error);
  t.set_default("listen", "other");
  t.add({{"listen", option_type::text, "third", "x"}});
  EXPECT_EQ(t.resolve(std::vector<std::string>{}, {})->text("listen"), "other");
}

TEST(environment, is_a_snapshot_of_the_process) {
  ::setenv("CUMULO_TEST_ENVIRONMENT", "a=b", 1);
  EXPECT_EQ(environment().at("CUMULO_TEST_ENVIRONMENT"), "a=b");
  ::unsetenv("CUMULO_TEST_ENVIRONMENT");
}

}  // namespace
}  // namespace cumulo
