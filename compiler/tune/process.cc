// See process.h.
#include "compiler/tune/process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tinycc {
namespace {

namespace fs = std::filesystem;

class SharedObject : public Native {
 public:
  explicit SharedObject(const fs::path& file) : handle_(dlopen(file.c_str(), RTLD_NOW)) {
    if (handle_ == nullptr) throw Error(ExitCode::bad_input, dlerror());
  }
  ~SharedObject() override { dlclose(handle_); }
  SharedObject(const SharedObject&) = delete;
  SharedObject& operator=(const SharedObject&) = delete;

  void* find(const std::string& function) override {
    void* found = dlsym(handle_, function.c_str());
    TCC_CHECK(found != nullptr, "the shared object has no " + function);
    return found;
  }

 private:
  void* handle_;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Scratch::Scratch() {
  path = (fs::temp_directory_path() / "tinycc-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr)
    throw Error(ExitCode::cannot_write, path + " cannot be made", "set TMPDIR");
}
Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

std::vector<std::string> words_of(const std::string& command) {
  std::istringstream in(command);
  std::vector<std::string> words;
  for (std::string w; in >> w;) words.push_back(w);
  return words.empty() ? std::vector<std::string>{""} : words;
}

Finished run_command(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  int ends[2];
  TCC_CHECK(pipe2(ends, O_CLOEXEC) == 0, "no pipe");
  const pid_t child = fork();
  TCC_CHECK(child >= 0, "no process");
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  Finished done;
  char block[4096];
  for (ssize_t n = 0; (n = read(ends[0], block, sizeof block)) > 0;)
    done.output.append(block, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  done.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return done;
}

std::string first_line_of(const std::vector<std::string>& words) {
  const Finished done = run_command(words);
  return done.status == 0 ? first_line(done.output) : "";
}

std::unique_ptr<Native> compile_shared(std::span<const SourceFile> files,
                                       const std::vector<std::string>& units,
                                       const std::vector<std::string>& flags, const std::string& cc,
                                       const std::string& folder) {
  const fs::path path = folder;
  fs::create_directories(path);
  for (const SourceFile& f : files) {
    if (f.role != Role::text) std::ofstream(path / f.name) << f.text;
  }
  const fs::path object = path / "candidate.so";
  std::vector<std::string> words = words_of(cc);
  words.insert(words.end(), {"-shared", "-fPIC", "-w", "-o", object.string()});
  words.insert(words.end(), flags.begin(), flags.end());
  for (const std::string& u : units) words.push_back((path / u).string());
  words.emplace_back("-lm");
  const Finished done = run_command(words);
  if (done.status != 0) throw Error(ExitCode::bad_input, cc + ": " + first_line(done.output));
  return std::make_unique<SharedObject>(object);
}

}  // namespace tinycc
