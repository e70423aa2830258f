#include <gtest/gtest.h>

#include <chrono>

#include "platform/bus/bus.hpp"

namespace cumulo::bus {
namespace {

event an_event() {
  return {.id = "01890a5d-ac96-774b-bcce-b302099a8057",
          .type = "io.cumulo.task.created.v1",
          .source = "/task-service",
          .subject = "01890a5d-ac96-774b-bcce-b302099a8058",
          .time = from_millis(1'796'140'800'123),
          .data = R"({"title":"Äpfel \"kaufen\"","n":1})",
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
}

TEST(cloudevent, is_what_the_specification_shows) {
  EXPECT_EQ(
      to_cloudevent(an_event()),
      R"({"specversion":"1.0","id":"01890a5d-ac96-774b-bcce-b302099a8057","type":"io.cumulo.task.created.v1",)"
      R"("source":"/task-service","subject":"01890a5d-ac96-774b-bcce-b302099a8058",)"
      R"("time":"2026-12-01T16:00:00.123Z","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",)"
      R"("datacontenttype":"application/json","data":{"title":"Äpfel \"kaufen\"","n":1}})");
}

TEST(cloudevent, comes_back_as_it_was) {
  auto without_trace = an_event();
  without_trace.traceparent.clear();
  for (const auto& e : {an_event(), without_trace}) {
    const auto back = from_cloudevent(to_cloudevent(e));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->id, e.id);
    EXPECT_EQ(back->type, e.type);
    EXPECT_EQ(back->source, e.source);
    EXPECT_EQ(back->subject, e.subject);
    EXPECT_EQ(back->time, e.time);
    EXPECT_EQ(back->data, e.data);
    EXPECT_EQ(back->traceparent, e.traceparent);
  }
}

TEST(cloudevent, of_others_may_hold_less_and_more) {
  const auto least = from_cloudevent(R"({"specversion":"1.0","id":"a","type":"t","source":"/s"})");
  ASSERT_TRUE(least.has_value());
  EXPECT_EQ(least->data, "null");
  EXPECT_EQ(least->subject, "");
  const auto more = from_cloudevent(
      R"({"id":"a","source":"/s","specversion":"1.0","type":"t","comexampleextension":{"a":[1]},"data":[1, 2.50 ,"x"]})");
  ASSERT_TRUE(more.has_value());
  EXPECT_EQ(more->data.find(' '), std::string::npos);
}

TEST(cloudevent, bad_ones_are_malformed) {
  for (const auto* bad :
       {"", "null", "[]", "{}", "{", R"({"specversion":"0.3","id":"a","type":"t","source":"/s"})",
        R"({"specversion":"1.0","type":"t","source":"/s"})",
        R"({"specversion":"1.0","id":"","type":"t","source":"/s"})",
        R"({"specversion":"1.0","id":1,"type":"t","source":"/s"})",
        R"({"specversion":"1.0","id":"a","type":"","source":"/s"})", R"({"specversion":"1.0","id":"a","type":"t"})",
        R"({"specversion":"1.0","id":"a","type":"t","source":"/s","time":"yesterday"})",
        R"({"specversion":"1.0","id":"a","id":"b","type":"t","source":"/s"})",
        R"({"specversion":"1.0","id":"a","type":"t","source":"/s","datacontenttype":"text/xml","data":"<a/>"})"}) {
    const auto read = from_cloudevent(bad);
    ASSERT_TRUE(read.has_error()) << bad;
    EXPECT_EQ(read.error().code, errc::malformed) << bad;
  }
}

}  // namespace
}  // namespace cumulo::bus
