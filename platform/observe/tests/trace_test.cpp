#include "platform/observe/trace.hpp"

#include <gmock/gmock.h>
#include <prometheus/registry.h>

#include <boost/json/parse.hpp>
#include <thread>

#include "platform/observe/metrics.hpp"
#include "platform/observe/otlp.hpp"

namespace cumulo::trace {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::string_view unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

struct recording : testing::Test {
  recording() { start(1.0, metrics); }
  ~recording() override {
    static_cast<void>(take_ended(1'000'000, 0ms));
    stop();
  }
  prometheus::Registry metrics;
};

TEST(trace, records_nothing_while_nobody_exports) {
  ASSERT_FALSE(enabled());
  EXPECT_FALSE(samples(0));
  EXPECT_FALSE((span{kind::server, "GET", sampled, ""}.records()));
  EXPECT_FALSE(begin_continued(kind::consumer, "process", sampled).records());
  EXPECT_FALSE(begin_child(kind::client, "task.get").records());
}

TEST_F(recording, a_span_is_what_its_traceparent_names) {
  span s{kind::server, "GET", sampled, "00f067aa0ba902b7"};
  s.rename("GET /tasks/{id}");
  s.set("http.response.status_code", 200);
  s.end();
  const auto ended = take_ended(10, 0ms);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(ended[0].span_id, "b7ad6b7169203331");
  EXPECT_EQ(ended[0].parent_id, "00f067aa0ba902b7");
  EXPECT_EQ(ended[0].name, "GET /tasks/{id}");
  EXPECT_LE(ended[0].began, ended[0].ended);
}

TEST_F(recording, what_is_not_sampled_is_not_recorded) {
  EXPECT_FALSE((span{kind::server, "GET", unsampled, ""}.records()));
  EXPECT_FALSE(begin_continued(kind::consumer, "process", unsampled).records());
  EXPECT_FALSE(begin_continued(kind::consumer, "process", "").records());
}

TEST_F(recording, children_belong_to_the_active_span_and_are_told_apart) {
  const span above{kind::server, "GET", sampled, ""};
  const scope active{above};
  auto one = begin_child(kind::client, "task.get");
  auto two = begin_child(kind::client, "task.get");
  EXPECT_TRUE(one.traceparent().starts_with(sampled.substr(0, 36)));
  EXPECT_NE(one.traceparent(), two.traceparent());
  one.end();
  const auto ended = take_ended(10, 0ms);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].parent_id, sampled.substr(36, 16));
}

TEST_F(recording, a_suspended_span_is_active_nowhere) {
  const span above{kind::server, "GET", sampled, ""};
  const scope active{above};
  {
    const carried away;
    EXPECT_FALSE(begin_child(kind::client, "of another request").records());
  }
  EXPECT_TRUE(begin_child(kind::client, "task.get").records());
  std::thread{[] { EXPECT_FALSE(begin_child(kind::client, "elsewhere").records()); }}.join();
}

TEST_F(recording, a_scope_without_a_recording_span_hides_the_one_around_it) {
  const span above{kind::server, "GET", sampled, ""};
  const scope active{above};
  {
    const scope none{span{}};
    EXPECT_FALSE(begin_child(kind::client, "task.get").records());
  }
  EXPECT_TRUE(begin_child(kind::client, "task.get").records());
}

TEST_F(recording, an_exporter_that_is_behind_loses_spans_and_says_how_many) {
  constexpr int more_than_fit = 10'000;
  for (int i = 0; i < more_than_fit; ++i) span{kind::server, "GET", sampled, ""}.end();
  EXPECT_EQ(take_ended(more_than_fit, 0ms).size(), 8'192U);
  EXPECT_THAT(observe::exposition(metrics), testing::HasSubstr("cumulo_trace_spans_total{outcome=\"dropped\"} 1808"));
}

TEST(trace_ratio, decides_by_the_trace_id) {
  prometheus::Registry metrics;
  start(0.25, metrics);
  int chosen = 0;
  constexpr std::uint64_t step = 0x0000'4000'0000'0000;  // a thousand and some over the random part
  for (std::uint64_t id = 0; id < (std::uint64_t{1} << 56U); id += step) chosen += samples(id) ? 1 : 0;
  EXPECT_EQ(chosen, 256);
  EXPECT_TRUE(samples(0xff00'0000'0000'0000)) << "the first byte is not of the random part";
  stop();
}

TEST_F(recording, otlp_is_what_the_specification_asks) {
  span s{kind::client, "task \"get\"", sampled, "00f067aa0ba902b7"};
  s.set("db.system.name", "sqlite");
  s.set("count", 9'007'199'254'740'993);
  s.fail("no such row");
  s.end();
  const auto text = otlp_json({"task-service", "1.2.3", "here"}, take_ended(10, 0ms));
  const auto document = boost::json::parse(text);
  const auto& batch = document.at("resourceSpans").at(0);
  EXPECT_EQ(batch.at("resource").at("attributes").at(0).at("value").at("stringValue").as_string(), "task-service");
  const auto& one = batch.at("scopeSpans").at(0).at("spans").at(0);
  EXPECT_EQ(one.at("traceId").as_string(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(one.at("parentSpanId").as_string(), "00f067aa0ba902b7");
  EXPECT_EQ(one.at("kind").as_int64(), 3);
  EXPECT_EQ(one.at("name").as_string(), "task \"get\"");
  EXPECT_TRUE(one.at("startTimeUnixNano").is_string()) << "64-bit numbers are strings";
  EXPECT_EQ(one.at("attributes").at(1).at("value").at("intValue").as_string(), "9007199254740993");
  EXPECT_EQ(one.at("status").at("code").as_int64(), 2);
}

}  // namespace
}  // namespace cumulo::trace
