#include "platform/service/make_broker.hpp"

#include <boost/json.hpp>

#include "platform/bus/nats.hpp"
#include "platform/outbound/fetch.hpp"

namespace cumulo::service {

namespace {

/// Why this server may acknowledge what is not on its disk yet; "" if it does not.
std::string why_not_synced(const std::string& monitoring_url) {
  try {
    const auto said = outbound::fetch(
        "GET", monitoring_url + "/varz", {}, {},
        {.timeout = std::chrono::seconds{5}, .connect_timeout = std::chrono::seconds{2}, .stop = nullptr});
    boost::system::error_code ec;
    const boost::json::value varz = boost::json::parse(said.body, ec);
    const boost::json::value* version = ec ? nullptr : varz.find_pointer("/version", ec);
    if (version != nullptr && version->is_string()) {  // each server's: another of the cluster may be older than ours
      if (auto why = bus::judge_version(std::string{version->get_string()}); !why.empty()) return why;
    }
    const boost::json::value* always = varz.find_pointer("/jetstream/config/sync_always", ec);
    if (always != nullptr && always->is_bool() && always->get_bool()) return {};
    return "sync_interval of " + monitoring_url + " is not \"always\": a power cut loses what it has acknowledged";
  } catch (const std::exception& e) {
    return "sync_interval is not known: " + monitoring_url + " does not answer";
  }
}

std::function<std::string()> synced_question(const config& c) {
  const auto urls = c.list("bus-monitoring-url");
  if (urls.empty()) {
    if (!c.boolean("bus-sync-always")) return {};
    return [] { return std::string{}; };
  }
  return [urls] {
    for (const auto& each : urls) {
      if (auto why = why_not_synced(each); !why.empty()) return why;
    }
    return std::string{};
  };
}

}  // namespace

std::unique_ptr<bus::broker> make_broker(const program& what, const config& c, io_threads& threads,
                                         prometheus::Registry& metrics) {
  const std::string& url = c.text("bus-url");
  if (url.empty()) return nullptr;
  if (url == "inproc:") return bus::make_inproc_broker(&metrics);
  bus::nats_settings settings;
  settings.credentials_file = c.text("bus-credentials-file");
  settings.ca_file = c.text("bus-ca-file");
  settings.client_name = std::string{what.name};
  settings.stream = c.text("bus-stream");
  settings.replicas = static_cast<int>(c.number("bus-replicas"));
  settings.retention = c.duration("bus-retention");
  const auto limit = static_cast<std::int64_t>(c.size("bus-max-bytes"));
  settings.max_bytes = limit == 0 ? -1 : limit;
  settings.synced = synced_question(c);
  return bus::make_nats_broker(url, std::move(settings), threads, &metrics);
}

}  // namespace cumulo::service
