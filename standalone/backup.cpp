#include "standalone/backup.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <boost/describe/class.hpp>
#include <fstream>
#include <iostream>
#include <set>

#include "platform/core/version.hpp"
#include "platform/json/read.hpp"
#include "platform/json/write.hpp"
#include "platform/sql/backup.hpp"
#include "standalone/archive.hpp"
#include "standalone/data_folder.hpp"

namespace cumulo::standalone {

namespace fs = std::filesystem;

namespace {

constexpr const char* manifest_name = "manifest.json";
constexpr std::size_t largest_manifest = 64 * 1024;
constexpr int manifest_format = 1;
constexpr const char* staging_name = "restoring.partial";

struct manifest_file {
  std::string name;
  std::uint64_t bytes{};
  std::string sha256;
};
BOOST_DESCRIBE_STRUCT(manifest_file, (), (name, bytes, sha256))

struct manifest {
  int format{manifest_format};
  std::string version;
  std::string created_at;
  std::vector<manifest_file> files{};
};
BOOST_DESCRIBE_STRUCT(manifest, (), (format, version, created_at, files))

class sha256 {
 public:
  sha256() { crypto_hash_sha256_init(&state_); }
  void add(std::string_view bytes) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  std::string finish() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state_, digest.data());
    std::array<char, crypto_hash_sha256_BYTES * 2 + 1> hex{};
    return sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  }

 private:
  crypto_hash_sha256_state state_{};
};

std::string hash_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::vector<char> buffer(1024 * 1024);
  sha256 hash;
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.add({buffer.data(), static_cast<std::size_t>(in.gcount())});
  }
  if (in.bad()) throw std::runtime_error("cannot read " + file.string());
  return hash.finish();
}

/// A new folder of its owner alone that is gone afterwards.
class staging_folder {
 public:
  explicit staging_folder(fs::path path) : path_(std::move(path)) {
    if (!fs::create_directory(path_)) throw std::runtime_error(path_.string() + " is in the way.");
    fs::permissions(path_, fs::perms::owner_all);
  }
  ~staging_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  staging_folder(const staging_folder&) = delete;
  staging_folder& operator=(const staging_folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string file_name(std::string_view database) { return database_path({}, database).string(); }

/// 20261122T140501Z
std::string compact(instant t) {
  std::string text = to_rfc3339(t).substr(0, 19) + "Z";
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string in_mebibytes(std::uint64_t bytes) {
  const std::uint64_t tenths = bytes * 10 / (1024 * 1024);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

manifest read_manifest(archive_reader& from) {
  archive_reader::entry first;
  if (!from.next(first) || first.name != manifest_name || first.size > largest_manifest) {
    throw std::runtime_error("This is no backup of Cumulo.");
  }
  std::string text;
  from.read(first, [&](std::string_view piece) { text += piece; });
  auto described = json::read<manifest>(text, {.unknown_members = true});
  if (!described) throw std::runtime_error("The backup's manifest cannot be read: " + described.error().detail);
  if (described->format != manifest_format) {
    throw std::runtime_error("The backup was made by Cumulo " + described->version + ", which this one cannot read.");
  }
  std::set<std::string> names;
  for (const manifest_file& each : described->files) names.insert(each.name);
  for (const std::string_view name : database_names) {
    if (!names.contains(file_name(name))) throw std::runtime_error("The backup lacks " + file_name(name) + ".");
  }
  if (names.size() != database_names.size() || described->files.size() != names.size()) {
    throw std::runtime_error("The backup holds files that this version does not know.");
  }
  return std::move(*described);
}

/// Writes one file of the archive, synced, and returns its hash.
std::string extract(archive_reader& from, const archive_reader::entry& what, const fs::path& target) {
  const int descriptor = ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "cannot create " + target.string());
  sha256 hash;
  bool written = true;
  from.read(what, [&](std::string_view piece) {
    hash.add(piece);
    while (written && !piece.empty()) {
      const ssize_t done = ::write(descriptor, piece.data(), piece.size());
      written = done >= 0 || errno == EINTR;
      if (done > 0) piece.remove_prefix(static_cast<std::size_t>(done));
    }
  });
  written = written && ::fsync(descriptor) == 0;
  const int code = errno;
  ::close(descriptor);
  if (!written) throw std::system_error(code, std::generic_category(), "cannot write " + target.string());
  return hash.finish();
}

void extract_all(archive_reader& from, const manifest& described, const fs::path& target) {
  std::size_t extracted = 0;
  archive_reader::entry found;
  while (from.next(found)) {
    const auto expected = std::ranges::find(described.files, found.name, &manifest_file::name);
    if (expected == described.files.end()) throw std::runtime_error("The backup holds an unknown file.");
    const std::string hash = extract(from, found, target / found.name);
    if (found.size != expected->bytes || hash != expected->sha256) {
      throw std::runtime_error(found.name + " in the backup is damaged: its checksum does not match.");
    }
    sql::check_integrity((target / found.name).string());
    ++extracted;
  }
  if (extracted != described.files.size()) throw std::runtime_error("The backup lacks files that its manifest names.");
}

}  // namespace

void back_up(const fs::path& data_folder, const fs::path& file, instant now, std::ostream& say) {
  if (fs::exists(file)) throw std::runtime_error(file.string() + " exists already: a backup overwrites nothing.");
  if (has_unfinished_replacement(data_folder)) {
    throw std::runtime_error("A restore of " + data_folder.string() + " was interrupted: start cumulo once to end it.");
  }
  const fs::path partial = file.string() + ".partial-" + std::to_string(::getpid());
  const staging_folder staging{partial};
  const fs::path archive = partial / "archive";

  std::vector<sql::copy_order> orders;
  for (const std::string_view name : database_names) {
    orders.push_back({"sqlite:" + database_path(data_folder, name).string(), database_path(partial, name).string()});
  }
  sql::copy_together(orders);

  manifest described{.version = std::string{version()}, .created_at = to_rfc3339(now)};
  std::uint64_t total = 0;
  for (const std::string_view name : database_names) {
    const fs::path copy = database_path(partial, name);
    described.files.push_back({copy.filename().string(), fs::file_size(copy), hash_of(copy)});
    total += described.files.back().bytes;
  }

  const std::int64_t seconds = to_millis(now) / 1000;
  archive_writer writer{archive};
  writer.add_text(manifest_name, json::to_text(described) + "\n", seconds);
  for (const std::string_view name : database_names) {
    writer.add_file(file_name(name), database_path(partial, name), seconds);
  }
  writer.finish();
  fs::rename(archive, file);
  const fs::path parent = file.parent_path();
  sync_folder(parent.empty() ? fs::path{"."} : parent);
  say << "Saved " << data_folder.string() << " as it was at " << described.created_at << " to " << file.string() << " ("
      << in_mebibytes(total) << ").\n";
}

void restore(const fs::path& data_folder, const fs::path& file, instant now, std::ostream& say) {
  archive_reader archive{file};
  const manifest described = read_manifest(archive);

  const data_folder_lock alone{data_folder};
  finish_replacement(data_folder);
  fs::remove_all(data_folder / staging_name);  // of a restore that was killed
  const staging_folder staging{data_folder / staging_name};
  extract_all(archive, described, staging.path());

  const std::string previous = "before-restore-" + compact(now);
  if (fs::exists(data_folder / previous)) throw std::runtime_error(previous + " exists already.");
  replace_databases(data_folder, staging.path(), previous);
  say << "Restored what was saved at " << described.created_at << " by version " << described.version
      << ". What was there before is in " << (data_folder / previous).string() << ".\n";
}

}  // namespace cumulo::standalone
