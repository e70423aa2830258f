#pragma once
#include <deque>
#include <memory>
#include <vector>

#include "platform/sql/postgres_link.hpp"

namespace cumulo::sql {

/// The exclusive connections of one I/O thread, opened as they are needed. Everything is called on that thread.
class postgres_pool : public std::enable_shared_from_this<postgres_pool> {
 public:
  postgres_pool(std::size_t size, asio::io_context& context, io_threads& threads, const pool_settings& settings,
                const instruments& meter, postgres_connector& connector);

  /// A connection of one's own; goes back when it is destroyed.
  class lease {
   public:
    lease(std::shared_ptr<postgres_pool> pool, std::shared_ptr<postgres_link> link);
    lease(lease&&) = default;
    lease& operator=(lease&&) = delete;
    ~lease();
    [[nodiscard]] postgres_link& link() const { return *link_; }

   private:
    std::shared_ptr<postgres_pool> pool_;
    std::shared_ptr<postgres_link> link_;
  };

  /// Throws failure::unavailable if too many wait, none can be opened, or none comes free within the client's deadline.
  awaitable<lease> acquire(std::string_view statement_name);
  void tick();
  /// `closed` is called when every connection has come back.
  void close(std::function<void()> closed);
  void abort();

 private:
  struct seeker : waiter {
    std::shared_ptr<postgres_link> link{};
    std::string_view statement{};
    std::chrono::steady_clock::time_point asked{std::chrono::steady_clock::now()};
  };
  void open_one();
  void changed(const std::shared_ptr<postgres_link>& link, bool up);
  void give_back(std::shared_ptr<postgres_link> link);
  void refuse(seeker& s, failure kind, const std::string& why);
  void serve(seeker& s, std::shared_ptr<postgres_link> link);
  void report_closed();

  const std::size_t size_;
  asio::io_context& context_;
  io_threads& threads_;
  const pool_settings settings_;
  const instruments& meter_;
  postgres_connector& connector_;
  prometheus::Gauge* waiting_gauge_;
  std::vector<std::shared_ptr<postgres_link>> all_;  ///< connecting, idle and lent
  std::vector<std::shared_ptr<postgres_link>> idle_;
  std::size_t connecting_{0};
  std::deque<seeker*> seekers_;
  std::size_t lent_{0};
  bool closing_{false};
  std::function<void()> closed_;
};

}  // namespace cumulo::sql
