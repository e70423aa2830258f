#include "user-service/domain/rules.hpp"

#include <gmock/gmock.h>

namespace cumulo::users {
namespace {

/// "pointer code, …"
std::string faults_of(const std::vector<fault>& faults) {
  std::string all;
  for (const auto& f : faults) {
    if (!all.empty()) all += ", ";
    all += f.pointer + " " + f.code;
    EXPECT_FALSE(f.detail.empty());
  }
  return all;
}

std::string email_faults(std::string_view email) {
  std::vector<fault> faults;
  check_email(email, "/email", faults);
  return faults_of(faults);
}

struct sample {
  std::string text;
  std::string faults;
};

TEST(email, is_checked_sanely) {
  const std::string long_local(64, 'a');
  const std::string long_label(63, 'b');
  const std::vector<sample> table{
      {"ada@example.org", ""},
      {"Ada.Lovelace+tasks@mail.example.co.uk", ""},
      {"o'brien@example.org", ""},
      {"x@xn--bcher-kva.example", ""},
      {"root@localhost", ""},
      {long_local + "@example.org", ""},
      {"a@" + long_label + ".org", ""},
      {"", "/email required"},
      {"ada", "/email bad_format"},
      {"@example.org", "/email bad_format"},
      {"ada@", "/email bad_format"},
      {"ada@example", "/email bad_format"},
      {"ada@@example.org", "/email bad_format"},
      {"ada lovelace@example.org", "/email bad_format"},
      {" ada@example.org", "/email bad_format"},
      {"ada@example.org\n", "/email bad_format"},
      {"ada@example.org\r\nBcc: all@example.org", "/email bad_format"},
      {".ada@example.org", "/email bad_format"},
      {"ada.@example.org", "/email bad_format"},
      {"a..b@example.org", "/email bad_format"},
      {"ada@.org", "/email bad_format"},
      {"ada@example..org", "/email bad_format"},
      {"ada@-example.org", "/email bad_format"},
      {"ada@example-.org", "/email bad_format"},
      {"ada@10.0.0.1", "/email bad_format"},
      {"ada@[10.0.0.1]", "/email bad_format"},
      {"\"ada\"@example.org", "/email bad_format"},
      {"ädä@example.org", "/email bad_format"},
      {"ada@exämple.org", "/email bad_format"},
      {"Ada <ada@example.org>", "/email bad_format"},
      {long_local + "a@example.org", "/email bad_format"},
      {"a@" + long_label + "b.org", "/email bad_format"},
      {std::string(250, 'a') + "@b.cd", "/email too_long"},
  };
  for (const auto& [text, faults] : table) EXPECT_EQ(email_faults(text), faults) << text;
}

TEST(email, is_compared_without_case_and_otherwise_as_it_is) {
  EXPECT_EQ(normalise_email("Ada.Lovelace+X@Example.ORG"), "ada.lovelace+x@example.org");
  EXPECT_EQ(normalise_email("ada@example.org"), normalise_email("ADA@EXAMPLE.ORG"));
  EXPECT_NE(normalise_email("a.da@example.org"), normalise_email("ada@example.org"));
}

TEST(name, is_one_line_of_at_most_200_characters) {
  std::string two_hundred_umlauts;
  for (int i = 0; i < 200; ++i) two_hundred_umlauts += "ü";
  const std::vector<sample> table{
      {"Ada", ""},
      {"李明", ""},
      {two_hundred_umlauts, ""},
      {two_hundred_umlauts + "x", "/name too_long"},
      {"", "/name required"},
      {"   ", "/name required"},
      {"Ada\nLovelace", "/name bad_format"},
      {"Ada\x7f", "/name bad_format"},
  };
  for (const auto& [text, expected] : table) {
    std::vector<fault> faults;
    check_name(text, "/name", faults);
    EXPECT_EQ(faults_of(faults), expected) << text;
  }
}

TEST(timezone, is_one_of_the_tz_database) {
  const std::vector<sample> table{
      {"UTC", ""},
      {"Europe/Berlin", ""},
      {"America/Argentina/Buenos_Aires", ""},
      {"Asia/Calcutta", ""},  // a link to Asia/Kolkata
      {"", "/timezone unknown_value"},
      {"europe/berlin", "/timezone unknown_value"},
      {"Mars/Olympus", "/timezone unknown_value"},
      {"Europe", "/timezone unknown_value"},
      {"../../etc/passwd", "/timezone unknown_value"},
      {"/etc/localtime", "/timezone unknown_value"},
      {"+02:00", "/timezone unknown_value"},
      {std::string(300, 'A'), "/timezone unknown_value"},
  };
  for (const auto& [text, expected] : table) {
    std::vector<fault> faults;
    check_timezone(text, "/timezone", faults);
    EXPECT_EQ(faults_of(faults), expected) << text;
  }
}

TEST(locale, is_a_language_tag) {
  const std::vector<std::string> good{"en", "de", "pt-BR", "zh-Hant-TW", "es-419", "sl-rozaj", "de-CH-1996", "gsw"};
  const std::vector<std::string> bad{"",       "e",    "english", "en_GB", "en-",       "-en",
                                     "en--GB", "en-G", "12",      "en GB", "en-GB-x\n", std::string(36, 'a')};
  for (const auto& text : good) {
    std::vector<fault> faults;
    check_locale(text, "/locale", faults);
    EXPECT_EQ(faults_of(faults), "") << text;
  }
  for (const auto& text : bad) {
    std::vector<fault> faults;
    check_locale(text, "/locale", faults);
    EXPECT_EQ(faults_of(faults), "/locale bad_format") << text;
  }
}

TEST(password, is_long_enough_and_hard_to_guess) {
  const std::vector<sample> table{
      {"correct horse battery staple", ""}, {"Tr0ub4dour&3-x", ""},
      {"jede-Menge Öl im Käse", ""},        {"correct horse battery staple" + std::string(228, 'x'), ""},
      {"", "/password too_short"},          {"short", "/password too_short"},
      {"öööö", "/password too_short"},  // eight bytes, four characters
      {"password", "/password weak"},       {"12345678", "/password weak"},
      {"aaaaaaaaaaaa", "/password weak"},   {std::string(257, 'x'), "/password too_long"},
  };
  for (const auto& [text, expected] : table) {
    std::vector<fault> faults;
    check_password(text, {}, "/password", faults);
    EXPECT_EQ(faults_of(faults), expected) << text;
  }
}

TEST(password, that_repeats_the_account_is_weak) {
  std::vector<fault> alone;
  check_password("zorbelqvist", {}, "/password", alone);
  EXPECT_EQ(faults_of(alone), "");
  std::vector<fault> repeated;
  check_password("zorbelqvist", {"zorbelqvist@example.org", "zorbelqvist"}, "/password", repeated);
  EXPECT_EQ(faults_of(repeated), "/password weak");
}

}  // namespace
}  // namespace cumulo::users
