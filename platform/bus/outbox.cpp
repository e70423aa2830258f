#include "platform/bus/bus.hpp"

namespace cumulo::bus {

const std::string_view insert_outbox_text =
    "INSERT INTO outbox (id, type, source, subject, time, data, traceparent) "
    "SELECT ?1, ?2, ?3, ?4, CAST(?5 AS BIGINT), ?6, ?7";

namespace {

const sql::statement insert_row{"outbox.insert", insert_outbox_text};

}  // namespace

outbox_row::outbox_row(event e) : event_(std::move(e)) {
  values_ = {event_.id,   event_.type,       event_.source, event_.subject, to_millis(event_.time),
             event_.data, event_.traceparent};
}

sql::command outbox_row::command() const { return {&insert_row, values_}; }
const sql::statement& outbox_row::statement() const { return insert_row; }
std::span<const sql::param> outbox_row::values() const { return values_; }

}  // namespace cumulo::bus
