#include "compiler/write_out.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "ir/error.h"

using namespace tinycc;
namespace fs = std::filesystem;

namespace {

/// A folder of our own that vanishes with the test.
struct Scratch {
  fs::path path = fs::temp_directory_path() / ("tinycc_write_out_test." + std::to_string(getpid()));
  Scratch() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Scratch() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(path), {}));
  }
};

void write(const std::string& folder,
           const std::vector<std::pair<std::string, std::string>>& files) {
  std::vector<SourceFile> sources;
  for (const auto& [name, text] : files) sources.push_back({name, text, Role::text});
  write_out(folder, require_clean(sources, {}));
}

std::string read(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string refusal(const std::string& folder,
                    const std::vector<std::pair<std::string, std::string>>& files = {{"a", "1"}}) {
  try {
    write(folder, files);
  } catch (const Error& error) {
    CHECK(error.code == ExitCode::cannot_write);
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("write_out makes a folder, its parents and folders within") {
  Scratch scratch;
  write(scratch / "new/deep/out/", {{"a.txt", "1"}, {"sub/b.txt", "2"}});
  CHECK(read(scratch / "new/deep/out/a.txt") == "1");
  CHECK(read(scratch / "new/deep/out/sub/b.txt") == "2");
  CHECK(std::distance(fs::directory_iterator(scratch / "new/deep"), {}) == 1);
}

TEST_CASE("write_out replaces its own output: stale files go, others' files stay") {
  Scratch scratch;
  const std::string out = scratch / "out";
  write(out, {{"same", "1"}, {"changed", "1"}, {"sub/stale", "1"}});
  std::ofstream(out + "/model.o") << "object";
  fs::create_directories(out + "/build");
  std::ofstream(out + "/build/x.o") << "object";
  fs::create_symlink("model.o", out + "/link.o");
  const auto long_ago = fs::last_write_time(out + "/same") - std::chrono::hours(1);
  for (const char* name : {"/same", "/changed"}) fs::last_write_time(out + name, long_ago);
  write(out, {{"same", "1"}, {"changed", "2"}});
  CHECK(fs::last_write_time(out + "/same") == long_ago);
  CHECK(fs::last_write_time(out + "/changed") != long_ago);
  CHECK(read(out + "/changed") == "2");
  CHECK(!fs::exists(out + "/sub"));
  CHECK(read(out + "/build/x.o") == "object");
  CHECK(read(out + "/link.o") == "object");
  CHECK(scratch.entries() == 1);
}

TEST_CASE("write_out leaves alone what is not its own") {
  Scratch scratch;
  std::ofstream(scratch / "file") << "mine";
  CHECK(contains(refusal(scratch / "file"), "it is a file"));
  fs::create_directories(scratch / "home/photos");
  std::ofstream(scratch / "home/photos/cat") << "meow";
  CHECK(contains(refusal(scratch / "home"), "'photos/cat' for one"));
  CHECK(contains(refusal("."), "current folder"));
  CHECK(contains(refusal("/"), "current folder"));
  fs::create_symlink("nowhere", scratch / "dangling");
  CHECK(contains(refusal(scratch / "file/out"), "cannot write"));
  CHECK(contains(refusal(scratch / "dangling"), "link to nowhere"));
  CHECK(read(scratch / "home/photos/cat") == "meow");
  CHECK(scratch.entries() == 3);
}

TEST_CASE("write_out follows a link to a folder, takes an empty one, and one with its files only") {
  Scratch scratch;
  fs::create_directories(scratch / "real");
  fs::create_directory_symlink("real", scratch / "link");
  write(scratch / "link", {{"a", "1"}});
  CHECK(fs::is_symlink(scratch / "link"));
  CHECK(read(scratch / "real/a") == "1");
  fs::remove(scratch / "real/.tinycc-files");  // as a checkout that leaves it out would
  write(scratch / "real", {{"a", "2"}});
  CHECK(read(scratch / "real/a") == "2");
}

TEST_CASE("write_out undoes everything when the disk is full") {
  Scratch scratch;
  write(scratch / "out", {{"a", "1"}});
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4096, before.rlim_max};  // stands in for a full disk
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string large(100000, 'x');
  const std::string first = refusal(scratch / "parent/fresh", {{"a", large}});
  const std::string second = refusal(scratch / "out", {{"a", "2"}, {"b", large}});
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(contains(first, "parent/fresh': 'a': "));
  CHECK(contains(second, "out': 'b': "));
  CHECK(read(scratch / "out/a") == "1");
  CHECK(scratch.entries() == 1);
}
