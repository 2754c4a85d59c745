// See write_out.h.
#include "compiler/write_out.h"

#include <fcntl.h>
#include <stdlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "ir/error.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = ".tinycc-files";
constexpr const char* kManifestHead = "# What tinycc wrote here, and replaces the next time.\n";

/// Why it cannot be done; write_out() says what.
struct Failure {
  std::string why, hint;
};

[[noreturn]] void fail(const std::string& why, const std::string& hint = "") {
  throw Failure{why, hint};
}

std::string errno_text() { return std::strerror(errno); }

std::string manifest_of(const std::vector<SourceFile>& files) {
  std::string text = kManifestHead;
  for (const SourceFile& file : files) text += file.name + "\n";
  return text;
}

/// The names that the last run wrote; empty where it was not tinycc that wrote.
std::set<std::string> old_names(const fs::path& folder) {
  const std::string text = file_text(folder / kManifest);
  std::set<std::string> names;
  if (!text.starts_with(kManifestHead)) return names;
  for (size_t start = std::strlen(kManifestHead); start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    names.insert(text.substr(start, end - start));
    start = end + 1;
  }
  names.insert(kManifest);
  return names;
}

/// A folder beside `out` that vanishes, with any parents made for it, unless it was kept.
class Staging {
 public:
  explicit Staging(const fs::path& out) {
    make_parents(out.parent_path());
    std::string name = (out.parent_path() / ("." + out.filename().string() + ".XXXXXX")).string();
    if (mkdtemp(name.data()) == nullptr) {
      const std::string why = errno_text();
      clean();
      fail(why, "is the folder above it writable?");
    }
    path_ = name;
  }
  ~Staging() { clean(); }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  const fs::path& path() const { return path_; }
  /// From now on the parents stay.
  void keep_parents() { made_.clear(); }

 private:
  void make_parents(const fs::path& parent) {
    std::error_code failed;
    if (parent.empty() || fs::exists(parent, failed)) return;
    make_parents(parent.parent_path());
    if (fs::create_directory(parent, failed)) made_.push_back(parent);
    if (!failed) return;
    clean();
    fail("'" + parent.filename().string() + "': " + failed.message(),
         "name a folder that can be made");
  }

  void clean() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
    for (auto parent = made_.rbegin(); parent != made_.rend(); ++parent) {
      fs::remove(*parent, ignored);
    }
    made_.clear();
  }

  fs::path path_;
  std::vector<fs::path> made_;
};

/// The same file at both places: a link, or a copy with the same time where links do not work.
void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::create_hard_link(from, to, failed);
  if (!failed) return;
  fs::copy_file(from, to);
  fs::last_write_time(to, fs::last_write_time(from));
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  if (!stream) fail("'" + path.filename().string() + "': " + errno_text(), "is the disk full?");
}

/// Is `path` a plain file that holds `text`?
bool holds(const fs::path& path, const std::string& text) {
  std::error_code failed;
  if (fs::symlink_status(path, failed).type() != fs::file_type::regular) return false;
  return fs::file_size(path, failed) == text.size() && !failed && file_text(path) == text;
}

void place(const fs::path& old, const fs::path& staging, const std::string& name,
           const std::string& text) {
  TCC_CHECK(!name.empty() && name[0] != '/' && name.find("..") == std::string::npos,
            "a file outside of out/: " + name);
  fs::create_directories((staging / name).parent_path());
  if (holds(old / name, text)) {
    link_or_copy(old / name, staging / name);
  } else {
    write_file(staging / name, text);
  }
}

/// Brings along what others put into the old folder; `prefix` is the path from its root.
void keep_foreign(const fs::path& old, const fs::path& staging, const std::string& prefix,
                  const std::set<std::string>& ours) {
  for (const fs::directory_entry& entry : fs::directory_iterator(old)) {
    const fs::path to = staging / entry.path().filename();
    const std::string name = prefix + entry.path().filename().string();
    const fs::file_status status = entry.symlink_status();
    if (fs::is_directory(status)) {
      const bool made = fs::create_directory(to);
      keep_foreign(entry.path(), to, name + "/", ours);
      if (made && fs::is_empty(to) && !fs::is_empty(entry.path())) fs::remove(to);
    } else if (ours.contains(name) || fs::exists(fs::symlink_status(to))) {
      continue;
    } else if (fs::is_symlink(status)) {
      fs::copy_symlink(entry.path(), to);
    } else if (fs::is_regular_file(status)) {
      link_or_copy(entry.path(), to);
    }
  }
}

/// A folder that tinycc did not write may be replaced only if nothing of others is in it.
void check_ours(const fs::path& folder, const std::set<std::string>& old,
                const std::vector<SourceFile>& files) {
  if (!old.empty()) return;
  std::set<std::string> known;
  for (const SourceFile& file : files) known.insert(file.name);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder).generic_string();
    if (entry.is_directory() || known.contains(name)) continue;
    fail("it holds files that tinycc did not write, '" + name + "' for one",
         "name a new folder, or an empty one");
  }
}

/// In one step where the system can (Linux), in two with a way back elsewhere.
void exchange(const fs::path& staging, const fs::path& out) {
#ifdef RENAME_EXCHANGE
  const int done = renameat2(AT_FDCWD, staging.c_str(), AT_FDCWD, out.c_str(), RENAME_EXCHANGE);
  if (done == 0) return;
#endif
  const fs::path aside = staging.string() + ".old";
  fs::rename(out, aside);
  std::error_code failed;
  fs::rename(staging, out, failed);
  if (failed) {
    fs::rename(aside, out);
    fail(failed.message());
  }
  fs::rename(aside, staging);
}

/// `folder` without links, dots and a slash at its end; checked to be no file, and not in use.
fs::path place_of(const std::string& folder) {
  std::error_code failed;
  const fs::path out = fs::weakly_canonical(folder, failed);
  const fs::path plain = out.has_filename() ? out : out.parent_path();
  if (failed) fail(failed.message());
  const auto status = fs::symlink_status(plain, failed);
  if (fs::is_symlink(status)) fail("it is a link to nowhere", "remove the link");
  if (fs::exists(status) && !fs::is_directory(status)) {
    fail("it is a file", "-o names a folder");
  }
  const std::string inside = fs::relative(fs::current_path(), plain, failed).generic_string();
  const bool above = plain == plain.root_path() || (!failed && !inside.starts_with(".."));
  if (fs::exists(status) && (above || inside == ".")) {
    fail("it is the current folder, or one above it", "name another folder: -o out");
  }
  return plain;
}

void write_to(const fs::path& out, const std::vector<SourceFile>& files) {
  const bool replaces = fs::exists(out);
  const std::set<std::string> old = old_names(out);
  if (replaces) check_ours(out, old, files);
  Staging staging(out);
  for (const SourceFile& file : files) place(out, staging.path(), file.name, file.text);
  place(out, staging.path(), kManifest, manifest_of(files));
  if (replaces) keep_foreign(out, staging.path(), "", old);
  const fs::perms usual = fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                          fs::perms::others_read | fs::perms::others_exec;
  fs::permissions(staging.path(), replaces ? fs::status(out).permissions() : usual);
  if (replaces) {
    exchange(staging.path(), out);
  } else {
    fs::rename(staging.path(), out);
  }
  staging.keep_parents();
}

}  // namespace

std::string file_text(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void write_out(const std::string& folder, const CheckedSources& sources) {
  const auto refuse = [&](const std::string& why, const std::string& hint) {
    throw Error(ExitCode::cannot_write, "cannot write '" + folder + "': " + why, hint);
  };
  try {
    write_to(place_of(folder), sources.files());
  } catch (const Failure& failure) {
    refuse(failure.why, failure.hint);
  } catch (const fs::filesystem_error& error) {
    refuse(error.code().message(), "is it writable, and is there room on the disk?");
  }
}

}  // namespace tinycc
