#include "platform/sql/migration_files.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <stdexcept>

namespace cumulo::sql {
namespace {

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available");
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out.push_back(digits[digest[i] >> 4U]);
    out.push_back(digits[digest[i] & 15U]);
  }
  return out;
}

bool drop_suffix(std::string_view& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  return true;
}

}  // namespace

std::vector<migration> migrations_for(engine kind, std::span<const embedded_file> files) {
  std::vector<migration> out;
  for (const auto& file : files) {
    auto rest = file.name;
    const auto bad_name = [&file] {
      return std::runtime_error("migration " + std::string{file.name} + " is not named V001__name.sql");
    };
    if (!drop_suffix(rest, ".sql")) throw bad_name();
    const bool sqlite_only = drop_suffix(rest, ".sqlite");
    const bool postgres_only = drop_suffix(rest, ".postgres");
    std::int64_t version = -1;
    const auto underscores = rest.find("__");
    if (!rest.starts_with('V') || underscores == std::string_view::npos) throw bad_name();
    const auto* first = rest.data() + 1;
    const auto* last = rest.data() + underscores;
    const auto [end, code] = std::from_chars(first, last, version);
    if (code != std::errc{} || end != last || version < 0 || underscores + 2 == rest.size()) throw bad_name();
    if ((sqlite_only && kind != engine::sqlite) || (postgres_only && kind != engine::postgres)) continue;
    out.push_back({version, std::string{rest.substr(underscores + 2)}, file.content, sha256(file.content),
                   file.content.starts_with("-- contracts")});
  }
  std::sort(out.begin(), out.end(), [](const migration& a, const migration& b) { return a.version < b.version; });
  const auto twice = std::adjacent_find(out.begin(), out.end(),
                                        [](const migration& a, const migration& b) { return a.version == b.version; });
  if (twice != out.end()) throw std::runtime_error("two migrations have the version " + std::to_string(twice->version));
  return out;
}

const migration* next_migration(std::span<const migration> known, std::span<const applied_migration> history) {
  for (const auto& done : history) {
    const auto mine =
        std::find_if(known.begin(), known.end(), [&](const migration& m) { return m.version == done.version; });
    if (mine == known.end()) {
      if (!done.contracts) continue;  // a newer release has only added to the schema
      throw std::runtime_error(
          "the database's schema is newer than this program: version " + std::to_string(done.version) + " (" +
          done.name + ") has taken away what this program needs. Start the newer release, or restore a backup.");
    }
    if (mine->checksum != done.checksum) {
      throw std::runtime_error("migration " + std::to_string(done.version) + " (" + done.name +
                               ") was applied to this database with another text. Migrations are never edited: "
                               "start the release that made this database, or restore a backup.");
    }
  }
  for (const auto& m : known) {
    const auto applied =
        std::any_of(history.begin(), history.end(), [&](const auto& done) { return done.version == m.version; });
    if (!applied) return &m;
  }
  return nullptr;
}

}  // namespace cumulo::sql
