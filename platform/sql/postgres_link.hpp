#pragma once
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/sql/instruments.hpp"
#include "platform/sql/postgres_connector.hpp"
#include "platform/sql/postgres_error.hpp"
#include "platform/sql/waiter.hpp"

namespace cumulo::sql {

/// One caller's statements on a link. When it is resumed it has failed or `results` holds one result for each command.
struct postgres_request : waiter {
  std::span<const command> commands{};
  std::vector<result_ptr> results{};
  std::chrono::steady_clock::time_point asked{std::chrono::steady_clock::now()};
  int repeats{0};
};

/// A pipelined connection, owned by one I/O thread.
///
/// What is asked within a turn of the loop is sent as one *unit* that ends with a Sync (PQpipelineSync flushes, so one
/// Sync per request would be one system call each). An error aborts the rest of its unit, so every request of a unit is
/// told apart: the failing one by the step that failed, those after it by being aborted, which means that they did not
/// run.
///  * reads: a request is finished by its own result; those aborted by a neighbour are repeated, each in a unit of its
///  own.
///  * writes: a unit is one transaction, and nobody is finished before its Sync; if it fails, its members are repeated
///  in
///    the same order, around the guilty one, so that only the guilty fail. One unit is under way at a time, so that the
///    next grows meanwhile.
///  * exclusive: every request is a unit of its own.
class postgres_link final : public connection_seeker, public std::enable_shared_from_this<postgres_link> {
 public:
  enum class use { read, write, exclusive };

  postgres_link(use what_for, asio::io_context& context, io_threads& threads, const pool_settings& settings,
                const instruments& meter, postgres_connector& connector);
  ~postgres_link() override;

  /// Throws failure::unavailable at once if the link is down or too many wait. Any I/O thread; resumes on the caller's.
  awaitable<void> run(postgres_request& request);

  /// Can it be asked? Any thread.
  [[nodiscard]] bool is_up() const { return state_ == state::up; }
  /// Has it been lost, or could it not be connected? Then `run` fails at once. Any thread.
  [[nodiscard]] bool is_refusing() const { return state_ == state::down || state_ == state::closed; }
  /// Up, and the server has answered lately. Any thread.
  [[nodiscard]] bool is_responsive() const { return is_up() && responsive_; }

  // What follows is called on the link's own thread.

  /// Deadlines and signs of life; a few times a second.
  void tick();
  /// Takes no more requests; `closed` is called when those accepted have been answered.
  void close(std::function<void()> closed);
  /// Fails whatever is left, and lets go of the connection.
  void abort();
  /// Called when the link has come up (true) or gone down or could not be connected (false): the exclusive pool's.
  std::function<void(bool)> on_change;

  // connection_seeker, on the connector's thread.
  void connected(connection_ptr c) override;
  bool connect_failed(const std::string& why) override;

 private:
  enum class state { first_attempt, up, down, closed };
  struct prepared {
    std::string name;
    const char* text{nullptr};
    bool sent{false};
    prometheus::Histogram* duration{nullptr};
  };
  /// A result to come: of preparing or of executing a request's command.
  struct step {
    std::size_t member;
    std::size_t command;
    prepared* what;
    bool prepares;
  };
  struct unit {
    std::vector<postgres_request*> members;  ///< null where finished early
    std::vector<step> steps;
    std::size_t at{0};
    bool had_result{false};
    bool split{false};  ///< a part of a unit that failed
    std::optional<std::size_t> guilty{};
    std::exception_ptr error{};
    bool stale{false};  ///< the guilty statement has to be prepared again
    std::chrono::steady_clock::time_point sent{};
  };
  using descriptor = asio::posix::basic_stream_descriptor<io_executor>;

  void submit(postgres_request& request);
  void schedule_pump();
  void pump();
  bool send(unit u);
  bool send_command(unit& u, std::size_t member, std::size_t index);
  prepared& prepare(const statement& what);
  void flush();
  void wait_readable();
  void wait_writable();
  void on_readable();
  void drain();
  void take(unit& u, result_ptr r);
  void end_unit(unit u);
  void end_write_unit(unit& u);
  void end_single(unit& u);
  void finish(postgres_request* request);
  void repeat_alone(postgres_request* request);
  void up(connection_ptr c);
  void lose(const std::string& why, failure kind);
  void release_connection();
  void resume_finished();
  void refuse(postgres_request& request, failure kind, const std::string& why);

  const use use_;
  asio::io_context& context_;
  io_threads& threads_;
  const pool_settings settings_;
  const instruments& meter_;
  postgres_connector& connector_;
  prometheus::Gauge* waiting_gauge_;
  prometheus::Gauge* connections_gauge_;
  std::atomic<state> state_{state::first_attempt};
  std::atomic<bool> responsive_{true};
  std::atomic<std::size_t> depth_{0};  ///< requests accepted and not yet answered
  bool closing_{false};
  bool pump_scheduled_{false};
  bool writing_{false};
  std::uint64_t generation_{0};  ///< of the connection, so that handlers of a lost one are told apart
  connection_ptr connection_;
  std::optional<descriptor> socket_;
  std::unordered_map<const statement*, prepared> statements_;
  std::uint64_t next_name_{0};
  std::deque<postgres_request*> pending_;
  std::deque<unit> repeats_;
  std::deque<unit> under_way_;
  std::vector<waiter*> finished_;
  std::chrono::steady_clock::time_point heard_{};
  std::function<void()> closed_;
};

}  // namespace cumulo::sql
