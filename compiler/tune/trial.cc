// Children and the messages between them and their parent; see trial.h.
#include "compiler/tune/trial.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "compiler/tune/subject.h"

namespace tinycc {
namespace {

constexpr double kTurn_s = 0.004;  // of calls, of one of two that take turns
constexpr double kHopeless = 1.5;  // times the best one's time: not worth an exact reading

volatile std::sig_atomic_t g_interrupted = 0;

struct Command {
  double seconds, limit_us;
};
struct Answer {
  int32_t ok = 0;
  double us = 0, spread = 0;
  char why[200] = "";
};

bool read_all(int file, void* to, size_t size) {
  char* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t n = read(file, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

double lower_quartile(std::vector<double> v) {
  const auto at = v.begin() + static_cast<ptrdiff_t>((v.size() - 1) / 4);
  std::nth_element(v.begin(), at, v.end());
  return *at;
}

void send(int file, const Reading& r) {
  Answer a{r.ok ? 1 : 0, r.us, r.spread, ""};
  std::strncpy(a.why, r.why.c_str(), sizeof a.why - 1);
  if (write(file, &a, sizeof a) != sizeof a) _exit(1);
}

std::unique_ptr<Running> running_of(const Program& program, const Subject& subject) {
  if (is_modelled(program.target, subject.runner)) return run_modelled(program);
  if (program.target.is_device()) return run_on_device(program, subject);
  return subject.runner.empty() ? run_here(program, subject) : run_elsewhere(program, subject);
}

/// What the child does until it is killed, or its parent is gone.
void serve(const Subject& subject, const Cores& cores, int commands, int answers) {
  const Program program = subject.program();
  const std::unique_ptr<Running> running = running_of(program, subject);
  std::string why;
  if (subject.results != nullptr) {
    running->run();
    if (subject.is_reference)
      running->store(*subject.results);
    else
      why = running->difference(*subject.results);
  }
  send(answers, {why.empty(), 0, 0, why});
  cores.use_for_timing();
  for (Command c{}; read_all(commands, &c, sizeof c);)
    send(answers, running->time(c.seconds, c.limit_us));
}

[[noreturn]] void be_child(const Subject& subject, const Cores& cores, int commands, int answers) {
  std::signal(SIGINT, SIG_IGN);  // the parent decides
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  cores.use_for_compiling();
  try {
    serve(subject, cores, commands, answers);
  } catch (const std::exception& e) {
    send(answers, {false, 0, 0, e.what()});
  } catch (...) {
    send(answers, {false, 0, 0, "an exception of unknown type"});
  }
  _exit(0);
}

}  // namespace

Cores::Cores() {
  CPU_ZERO(&timing_);
  if (sched_getaffinity(0, sizeof compiling_, &compiling_) != 0) CPU_ZERO(&compiling_);
  count = std::max(1, CPU_COUNT(&compiling_));
  for (int cpu = CPU_SETSIZE; cpu-- > 0;) {
    if (!CPU_ISSET(static_cast<size_t>(cpu), &compiling_)) continue;
    CPU_SET(static_cast<size_t>(cpu), &timing_);
    if (count > 1) CPU_CLR(static_cast<size_t>(cpu), &compiling_);
    return;
  }
}
void Cores::use_for_timing() const { sched_setaffinity(0, sizeof timing_, &timing_); }
void Cores::use_for_compiling() const { sched_setaffinity(0, sizeof compiling_, &compiling_); }

SharedBytes::SharedBytes(size_t bytes) : size(std::max<size_t>(bytes, 1)) {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  data = static_cast<char*>(memory);
}
SharedBytes::~SharedBytes() { munmap(data, size); }

int64_t Trial::count_ = 0;

Trial::Trial(const Subject& about, const Cores& cores)
    : folder_(fmt::format("{}/{}", about.folder, ++count_)) {
  Subject subject = about;
  subject.folder = folder_;
  int to_child[2], to_parent[2];
  TCC_CHECK(pipe2(to_child, O_CLOEXEC) == 0 && pipe2(to_parent, O_CLOEXEC) == 0, "no pipe");
  child_ = fork();
  TCC_CHECK(child_ >= 0, "no process");
  if (child_ == 0) {
    close(to_child[1]);
    close(to_parent[0]);
    be_child(subject, cores, to_child[0], to_parent[1]);
  }
  close(to_child[0]);
  close(to_parent[1]);
  commands_ = to_child[1];
  answers_ = to_parent[0];
}

Trial::~Trial() {
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  close(commands_);
  close(answers_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

const Reading& Trial::ready(double limit_s) {
  if (!std::exchange(answered_, true)) ready_ = answer(limit_s);
  return ready_;
}

Reading Trial::time(double seconds, double limit_us) {
  const Command c{seconds, limit_us};
  if (write(commands_, &c, sizeof c) != sizeof c) return {false, 0, 0, "crashed"};
  return answer(20 + 20 * seconds + 10 * 1e-6 * limit_us);
}

Reading Trial::answer(double limit_s) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end =
      Clock::now() + std::chrono::microseconds(static_cast<int64_t>(limit_s * 1e6));
  pollfd waiting{answers_, POLLIN, 0};
  int got = 0;
  while (!interrupted() && Clock::now() < end && (got = poll(&waiting, 1, 50)) <= 0) {
  }
  if (got <= 0) return {false, 0, 0, interrupted() ? "interrupted" : "stopped: it took too long"};
  Answer a;
  if (read_all(answers_, &a, sizeof a)) return {a.ok != 0, a.us, a.spread, a.why};
  siginfo_t info{};
  const auto id = static_cast<id_t>(child_);
  if (waitid(P_PID, id, &info, WEXITED | WNOWAIT) == 0 && info.si_code != CLD_EXITED)
    return {false, 0, 0, fmt::format("crashed with signal {}", info.si_status)};
  return {false, 0, 0, "crashed"};
}

double ratio_of(Trial& best, Trial& challenger, int turns) {
  std::vector<double> a, b;
  for (int i = 0; i < turns; ++i) {
    const Reading one = best.time(kTurn_s, 1e9);
    const Reading other = challenger.time(kTurn_s, one.us * kHopeless);
    if (!one.ok || !other.ok) return 0;
    a.push_back(one.us);
    b.push_back(other.us);
  }
  return lower_quartile(b) / lower_quartile(a);
}

bool interrupted() { return g_interrupted != 0; }

void stop_on_interrupt() {
  struct sigaction action{};
  action.sa_handler = [](int) { g_interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace tinycc
