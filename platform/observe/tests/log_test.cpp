#include "platform/observe/log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "platform/json/read.hpp"
#include "platform/observe/line_format.hpp"
#include "platform/observe/line_writer.hpp"

namespace cumulo::log {
namespace {

using members = std::map<std::string, json::raw>;

members parse(const std::string& line) {
  auto r = json::read<members>(line);
  EXPECT_TRUE(r.has_value()) << line;
  return r.has_value() ? *std::move(r) : members{};
}

std::string json_line(std::string_view message, std::initializer_list<field> fields) {
  std::string line;
  append_json_line(line, from_millis(0), level::warn, "task-service", message, {fields.begin(), fields.size()});
  return line;
}
std::string text_line(std::string_view message, std::initializer_list<field> fields) {
  std::string line;
  append_text_line(line, from_millis(0), level::warn, message, {fields.begin(), fields.size()});
  return line;
}

TEST(log_line, is_one_json_object_with_typed_members) {
  EXPECT_EQ(json_line("saved", {{"tasks", 3}, {"share", 0.5}, {"ok", true}, {"path", "/a b"}}),
            R"({"time":"1970-01-01T00:00:00.000Z","level":"warn","service":"task-service","message":"saved",)"
            R"("tasks":3,"share":0.5,"ok":true,"path":"/a b"})"
            "\n");
}

TEST(log_line, reads_well_for_people) {
  EXPECT_EQ(text_line("saved it", {{"tasks", 3}, {"path", "/a"}, {"name", "a b"}, {"none", ""}, {"sum", "1=2"}}),
            "1970-01-01T00:00:00.000Z warn   saved it tasks=3 path=/a name=\"a b\" none=\"\" sum=\"1=2\"\n");
}

TEST(log_line, cannot_be_forged_or_broken_by_hostile_values) {
  const std::vector<std::string> hostile{"a\nb",
                                         "\r\n{\"level\":\"error\"}",
                                         "\x1b[2J\x07",
                                         "\"}{\"",
                                         "\\",
                                         std::string{"\0x", 2},
                                         "\x7f",
                                         "caf\xE9",
                                         "\xFF\xFE",
                                         "\xC0\xAF",
                                         "\xED\xA0\x80",
                                         "\xF4\x90\x80\x80",
                                         "\xE2\x82",
                                         "\xC2\x9B"
                                         "31m",
                                         "\xE2\x80\xA8next\xE2\x80\xA9",
                                         "\xE2\x80\xAE"
                                         "evil",
                                         std::string(100'000, '\n'),
                                         std::string(4'095, 'x') + "é"};
  for (const auto& value : hostile) {
    for (const auto& line :
         {json_line(value, {{"v", value}, {value, 1}}), text_line(value, {{"v", value}, {value, 1}})}) {
      EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
      EXPECT_TRUE(line.ends_with('\n'));
      for (const char c : line.substr(0, line.size() - 1)) {
        ASSERT_FALSE((c >= 0 && c < 0x20) || c == 0x7F) << line;
      }
      EXPECT_EQ(line.find("\xC2\x9B"), std::string::npos);
      EXPECT_EQ(line.find("\xE2\x80\xAE"), std::string::npos);
    }
    const auto read = json::read<json::raw>(json_line(value, {{"v", value}}));
    // Valid JSON and UTF-8; a NUL, properly escaped, is a fault only to our own reader.
    EXPECT_TRUE(read.has_value() || read.error().code == errc::invalid) << value.substr(0, 100);
  }
}

TEST(log_line, keeps_text_of_every_language_as_it_is) {
  EXPECT_EQ(
      json::read<std::string>(parse(json_line("m", {{"v", "žluťoučký 日本語 😀 \"q\" \\"}})).at("v").text).value(),
      "žluťoučký 日本語 😀 \"q\" \\");
}

TEST(access_log_line, leaves_out_what_is_not_there) {
  std::string line;
  append_json_access(line, from_millis(0), "s",
                     {.method = "GET",
                      .route = "/tasks/{id}",
                      .path = "/tasks/1",
                      .request_id = "r",
                      .peer = "::1",
                      .status = 200,
                      .bytes_in = 0,
                      .bytes_out = 512,
                      .microseconds = 77});
  EXPECT_EQ(line,
            R"({"time":"1970-01-01T00:00:00.000Z","level":"info","service":"s","message":"request","method":"GET",)"
            R"("route":"/tasks/{id}","path":"/tasks/1","status":200,"microseconds":77,"bytes_in":0,"bytes_out":512,)"
            R"("peer":"::1","request_id":"r"})"
            "\n");
  line.clear();
  append_text_access(line, from_millis(0), {.method = "GET", .path = "/\n", .status = 404});
  EXPECT_EQ(line,
            "1970-01-01T00:00:00.000Z info   request method=GET path=\"/\\n\" status=404 microseconds=0 bytes_in=0 "
            "bytes_out=0\n");
}

class log_file : public testing::Test {
 protected:
  log_file() {
    std::string name = (std::filesystem::temp_directory_path() / "cumulo-log-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "test.log";
  }
  ~log_file() override { std::filesystem::remove_all(folder_); }
  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;

  [[nodiscard]] static std::vector<std::string> lines_of(const std::filesystem::path& path) {
    std::vector<std::string> all;
    std::ifstream in{path};
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  [[nodiscard]] std::vector<std::string> lines() const { return lines_of(path_); }

  std::filesystem::path folder_, path_;
};

TEST_F(log_file, gets_every_line_of_every_thread_whole) {
  configure({.service = "s", .file = path_.string()});
  constexpr int threads = 4, each = 2'000;
  {
    std::vector<std::jthread> running;
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([t] {
        const std::string name = "thread-" + std::to_string(t);
        for (int i = 0; i < each; ++i) {
          access({.method = "GET",
                  .route = "/r",
                  .path = name,
                  .status = 200,
                  .bytes_in = 0,
                  .bytes_out = static_cast<std::uint64_t>(i)});
          if (i % 10 == 0) info("line", {{"thread", name}, {"i", i}});
        }
      });
    }
  }
  flush();
  std::map<std::string, int> next;
  int plain = 0;
  for (const auto& line : lines()) {
    auto m = parse(line);
    if (m.at("message").text == "\"line\"") {
      ++plain;
    } else {
      EXPECT_EQ(m.at("bytes_out").text, std::to_string(next[m.at("path").text]++));  // in order per thread
    }
  }
  EXPECT_EQ(plain, threads * each / 10);
  ASSERT_EQ(next.size(), 4U);
  for (const auto& [name, count] : next) EXPECT_EQ(count, each) << name;
  EXPECT_EQ(statistics().written, static_cast<std::uint64_t>(threads * each + plain));
  EXPECT_EQ(statistics().dropped, 0U);
}

TEST_F(log_file, gets_access_lines_within_200_milliseconds_without_a_flush) {
  configure({.file = path_.string()});
  for (int round = 1; round <= 3; ++round) {
    access({.method = "GET", .path = "/", .status = 200});
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    const auto began = std::chrono::steady_clock::now();
    while (lines().size() < static_cast<std::size_t>(round) && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    EXPECT_EQ(lines().size(), static_cast<std::size_t>(round));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{1'000});  // 200 and a busy machine
  }
}

TEST_F(log_file, obeys_the_level) {
  configure({.least = level::warn, .file = path_.string()});
  info("no");
  debug("no");
  access({.method = "GET", .path = "/", .status = 200});
  warn("yes");
  EXPECT_FALSE(enabled(level::info));
  EXPECT_TRUE(enabled(level::error));
  flush();
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_THAT(lines()[0], testing::HasSubstr("yes"));
}

TEST_F(log_file, is_made_anew_after_rotation) {
  configure({.file = path_.string()});
  info("first");
  flush();
  std::filesystem::rename(path_, folder_ / "old.log");
  std::this_thread::sleep_for(std::chrono::milliseconds{1'050});
  info("second");
  flush();
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_THAT(lines()[0], testing::HasSubstr("second"));
  EXPECT_EQ(lines_of(folder_ / "old.log").size(), 1U);
}

TEST_F(log_file, that_cannot_be_opened_is_an_error_that_names_it) {
  try {
    configure({.file = "/no/such/folder/x.log"});
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("/no/such/folder/x.log"));
  }
}

/// The program runs anew for each end (a forked child would lack the writer's thread), and finds the file in a
/// variable.
TEST_F(log_file, gets_what_was_logged_just_before_exit_and_before_terminate) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  constexpr const char* variable = "CUMULO_TEST_LOG_FILE";
  const auto speak = [&] {
    std::filesystem::remove_all(folder_);        // this child's own, which nobody else will remove
    configure({.file = std::getenv(variable)});  // NOLINT(concurrency-mt-unsafe)
    info("last words");
    access({.method = "GET", .path = "/", .status = 200});
  };
  ::setenv(variable, (folder_ / "exit.log").c_str(), 0);     // NOLINT(concurrency-mt-unsafe)
  const std::filesystem::path path = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EXIT(
      {
        speak();
        std::exit(0);  // NOLINT(concurrency-mt-unsafe)
      },
      testing::ExitedWithCode(0), "");
  EXPECT_EQ(lines_of(path).size(), 2U);
  EXPECT_DEATH(
      {
        speak();
        std::terminate();
      },
      "");
  EXPECT_EQ(lines_of(path).size(), 4U);
  ::unsetenv(variable);  // NOLINT(concurrency-mt-unsafe)
}

/// A pipe that nobody reads: the disk that hangs.
TEST(line_writer, drops_and_counts_when_nobody_takes_the_lines_and_never_blocks) {
  std::string name = (std::filesystem::temp_directory_path() / "cumulo-fifo-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  const auto fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  std::uint64_t dropped = 0;
  std::uint64_t told = 0;
  {
    line_writer writer{fifo.string()};
    const std::string line = std::string(1'023, 'x') + "\n";
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 30'000; ++i) writer.add(line, false);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
    dropped = writer.statistics().dropped;
    EXPECT_GE(dropped, 10'000U);
    std::jthread drain{[&](const std::stop_token& stop) {
      std::string rest;
      std::vector<char> block(1U << 16U);
      while (!stop.stop_requested()) {
        const auto got = ::read(reader, block.data(), block.size());
        if (got > 0) {
          rest.append(block.data(), static_cast<std::size_t>(got));
          if (const auto at = rest.find(R"("lines":)"); at != std::string::npos)
            told = std::stoull(rest.substr(at + 8));
          rest.erase(0, rest.size() > 4'096 ? rest.size() - 4'096 : 0);
        } else {
          std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
      }
    }};
    writer.flush(std::chrono::seconds{10});
    writer.add("after\n", false);
    writer.finish();
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  EXPECT_EQ(told, dropped);
  ::close(reader);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cumulo::log
