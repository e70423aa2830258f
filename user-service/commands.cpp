// The administrator's command line: accounts without the API, for the first account, for a closed registration, and as
// long as no mail channel delivers links. Works beside running servers; they learn of it from the database.
#include <boost/asio/co_spawn.hpp>
#include <future>
#include <iostream>

#include "platform/core/failure.hpp"
#include "platform/core/id.hpp"
#include "user-service/app.hpp"
#include "user-service/domain/links.hpp"
#include "user-service/domain/rules.hpp"
#include "user-service/migrations.hpp"
#include "user-service/storage/account_store.hpp"
#include "user-service/storage/authority_store.hpp"
#include "user-service/storage/link_store.hpp"

namespace cumulo::users {

namespace {

using words = std::span<const std::string>;

/// The stores of one command, and a thread to await them on.
class desk {
 public:
  explicit desk(const config& c)
      : given(settings_from(c)),
        threads_(1),
        store_(open_store()),
        accounts(*store_, given.lives),
        authority(*store_, given.lives),
        links(*store_, given.lives),
        passwords(given.passwords) {
    threads_.start();
  }
  desk(const desk&) = delete;
  ~desk() {
    store_->close();
    threads_.stop();
  }

  /// Runs `work` on the I/O thread and waits for its exit code.
  int await(const std::function<awaitable<int>(desk&)>& work) {
    std::promise<int> done;
    const auto report = [&done](const std::exception_ptr& failed, int code) {
      if (failed) {
        done.set_exception(failed);
      } else {
        done.set_value(code);
      }
    };
    asio::co_spawn(threads_.context(0), work(*this), report);
    return done.get_future().get();
  }

  settings given;

 private:
  std::unique_ptr<sql::database> open_store() {
    sql::migrate(given.database_url, service::with_platform_migrations(migrations()));
    return sql::open(given.database_url, threads_, given.pool, nullptr);
  }
  io_threads threads_;
  std::unique_ptr<sql::database> store_;

 public:
  storage::account_store accounts;
  storage::authority_store authority;
  storage::link_store links;
  auth::password_hasher passwords;
};

int refuse(const error& e) {
  std::cerr << e.detail << '\n';
  for (const auto& each : e.faults) std::cerr << "  " << each.detail << '\n';
  return 1;
}

int misused(std::string_view usage) {
  std::cerr << "Usage: " << usage << '\n';
  return 2;
}

/// The command's operand and whether its switches are among the known ones.
struct parsed {
  std::string email;
  bool admin{false};
  bool password_stdin{false};
  bool fine{true};
};

parsed parse(words arguments, bool takes_switches) {
  parsed p;
  for (const auto& word : arguments) {
    if (takes_switches && word == "--admin") {
      p.admin = true;
    } else if (takes_switches && word == "--password-stdin") {
      p.password_stdin = true;
    } else if (!word.starts_with("--") && p.email.empty()) {
      p.email = word;
    } else {
      p.fine = false;
    }
  }
  p.fine = p.fine && !p.email.empty();
  return p;
}

/// Runs a command against the stores; what is broken becomes a sentence.
int with_desk(const config& c, const std::function<awaitable<int>(desk&)>& work) {
  try {
    desk d{c};
    return d.await(work);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}

awaitable<int> create_user(desk& d, parsed wish, std::string password) {
  const bool made_up = password.empty();
  if (made_up) password = random_secret(12);
  std::vector<fault> faults;
  check_email(wish.email, "email", faults);
  if (!made_up) check_password(password, {wish.email}, "password", faults);
  if (!faults.empty()) co_return refuse({errc::invalid, "The account was not created:", std::move(faults)});

  const auto hash = co_await d.passwords.hash(password);
  if (!hash) co_return refuse(hash.error());
  const change when{system_clock().now(), {}};
  const bool founded = co_await d.accounts.is_founded();
  const storage::registration made{.who = {.id = new_id(),
                                           .email = wish.email,
                                           .timezone = "UTC",
                                           .locale = "en",
                                           .role = wish.admin || !founded ? role::administrator : role::member,
                                           .created_at = when.at,
                                           .updated_at = when.at},
                                   .password_hash = *hash,
                                   .founds = !founded};
  const auto done = co_await d.accounts.register_account(made, when, nullptr);
  if (!done) co_return refuse(done.error());
  std::cout << "Created " << to_text(made.who.role) << ' ' << wish.email << " (" << made.who.id << ")\n";
  if (made_up) std::cout << "Password, shown this once: " << password << '\n';
  co_return 0;
}

awaitable<int> list_users(desk& d) {
  storage::page which{.before = {}, .limit = 200};
  for (;;) {
    const auto some = co_await d.accounts.list("", which);
    for (const auto& who : some) {
      std::cout << who.id << "  " << to_rfc3339(who.created_at) << "  " << to_text(who.role) << "  "
                << (who.disabled_at ? "disabled"
                    : who.erase_at  ? "closing"
                                    : "active")
                << "  " << who.email << '\n';
    }
    if (some.size() < static_cast<std::size_t>(which.limit)) co_return 0;
    which.before = some.back().id;
  }
}

awaitable<int> set_disabled(desk& d, std::string email, bool disabled) {
  const auto found = co_await d.accounts.find_by_email(email);
  if (!found) co_return refuse({errc::not_found, "There is no account with this e-mail address."});
  const storage::authority_change what{.disabled = disabled};
  const change when{system_clock().now(), {}};
  const auto done = co_await d.authority.change_authority(found->who.id, what, std::nullopt, when);
  if (!done) co_return refuse(done.error());
  std::cout << (disabled ? "Disabled " : "Enabled ") << found->who.email << '\n';
  co_return 0;
}

/// Makes a link for the administrator to hand over and returns its text.
awaitable<std::string> hand_over(desk& d, purpose what, const account& who) {
  auto token = make_one_time_token(what, who, system_clock().now(), d.given.lives);
  auto link = link_of(token, d.given.public_url);
  const storage::new_link made{std::move(token), std::move(link)};
  co_await d.links.issue_link(made);
  co_return made.link;
}

error no_active_account() { return {errc::not_found, "There is no active account with this e-mail address."}; }

awaitable<int> reset_password(desk& d, std::string email) {
  const auto found = co_await d.accounts.find_by_email(email);
  if (!found || !found->who.is_active()) co_return refuse(no_active_account());
  const auto link = co_await hand_over(d, purpose::password_reset, found->who);
  std::cout << "Open this within the hour to set a new password:\n" << link << '\n';
  co_return 0;
}

awaitable<int> verify_email(desk& d, std::string email) {
  const auto found = co_await d.accounts.find_by_email(email);
  if (!found || !found->who.is_active()) co_return refuse(no_active_account());
  if (found->who.email_verified_at) co_return refuse({errc::conflict, "This e-mail address is verified already."});
  const auto link = co_await hand_over(d, purpose::email_verification, found->who);
  std::cout << "Open this within three days to verify the e-mail address:\n" << link << '\n';
  co_return 0;
}

std::string first_line_of_input() {
  std::string line;
  std::getline(std::cin, line);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

int run_create(const config& c, words arguments) {
  const auto wish = parse(arguments, true);
  if (!wish.fine) return misused("user create EMAIL [--admin] [--password-stdin]");
  std::string password;
  if (wish.password_stdin) {
    password = first_line_of_input();
    if (password.empty()) return refuse({errc::invalid, "No password on standard input."});
  }
  return with_desk(c, [&](desk& d) { return create_user(d, wish, password); });
}

int run_disable(const config& c, words arguments, bool disabled) {
  const auto wish = parse(arguments, false);
  if (!wish.fine) return misused(disabled ? "user disable EMAIL" : "user enable EMAIL");
  return with_desk(c, [&](desk& d) { return set_disabled(d, wish.email, disabled); });
}

int run_reset(const config& c, words arguments) {
  const auto wish = parse(arguments, false);
  if (!wish.fine) return misused("user reset-password EMAIL");
  return with_desk(c, [&](desk& d) { return reset_password(d, wish.email); });
}

int run_verify(const config& c, words arguments) {
  const auto wish = parse(arguments, false);
  if (!wish.fine) return misused("user verify-email EMAIL");
  return with_desk(c, [&](desk& d) { return verify_email(d, wish.email); });
}

}  // namespace

std::vector<service::command_line> commands() {
  return {
      {"user create", "EMAIL [--admin] [--password-stdin]", "Create an account; prints its password if none is given.",
       run_create},
      {"user list", "", "List the accounts.",
       [](const config& c, words) { return with_desk(c, [](desk& d) { return list_users(d); }); }},
      {"user disable", "EMAIL", "End the account's sessions and tokens and refuse new ones.",
       [](const config& c, words arguments) { return run_disable(c, arguments, true); }},
      {"user enable", "EMAIL", "Take that back.",
       [](const config& c, words arguments) { return run_disable(c, arguments, false); }},
      {"user reset-password", "EMAIL", "Print a link that sets a new password.", run_reset},
      {"user verify-email", "EMAIL", "Print a link that verifies the e-mail address.", run_verify},
  };
}

}  // namespace cumulo::users
