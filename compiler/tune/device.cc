// Candidates on a device that this machine reaches by OpenCL: an executable that keeps the device open,
// and runs and times kernels as it is told, a line a command. In a process of its own, since drivers bring
// compilers that do not get along with ours in one.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

#include "compiler/tune/by_sums.h"

namespace tinycc {
namespace {

constexpr double kReading_us = 2000;  // of calls, that the device's clock tells well

/// 0: runs once and prints sums; N: runs N times and prints the nanoseconds that its kernels took.
constexpr const char* kMain = R"(
int main(void)
{
    static const tinycc_rt_options options = {.profile = 1};
    long calls;
    if (PREFIX_open(&device, &options) != 0) {
        printf("%s\n", tinycc_rt_device_message(&device.rt));
        return 1;
    }
    FILLS
    while (scanf("%ld", &calls) == 1) {
        (void)tinycc_rt_device_nanoseconds(&device.rt);
        for (long i = 0; i < calls; ++i) RUN;
        if (calls == 0) {
            RUN;
            PRINTS
        } else {
            printf("%llu\n", (unsigned long long)tinycc_rt_device_nanoseconds(&device.rt));
        }
        if (device.rt.error != 0) {
            printf("%s\n", tinycc_rt_device_message(&device.rt));
            return 1;
        }
        printf("done\n");
        fflush(stdout);
    }
    return 0;
}
)";

class OnDevice : public BySums {
 public:
  OnDevice(const Program& program, const Subject& subject) {
    start(build_executable(program, subject, kMain));
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
  ~OnDevice() override {
    if (commands_ != nullptr) std::fclose(commands_);
    if (answers_ != nullptr) std::fclose(answers_);
  }

  void run() override { take_sums(answer_to(0)); }

  Reading time(double seconds, double limit_us) override {
    return reading_of([&](size_t n) { return calls(n); }, seconds, limit_us, kReading_us);
  }

 private:
  void start(const std::string& executable) {
    int to[2], from[2];
    TCC_CHECK(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "no pipe");
    const pid_t child = fork();
    TCC_CHECK(child >= 0, "no process");
    if (child == 0) {
      dup2(to[0], STDIN_FILENO);
      dup2(from[1], STDOUT_FILENO);
      execl(executable.c_str(), executable.c_str(), nullptr);
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    commands_ = fdopen(to[1], "w");
    answers_ = fdopen(from[0], "r");
  }

  /// Microseconds of one of n calls.
  double calls(size_t n) { return std::stod(answer_to(n)) * 1e-3 / static_cast<double>(n); }

  /// What comes before the line that ends an answer.
  std::string answer_to(size_t command) {
    std::fprintf(commands_, "%zu\n", command);
    std::fflush(commands_);
    std::string text;
    char line[400];
    while (std::fgets(line, sizeof line, answers_) != nullptr) {
      if (line == std::string_view("done\n")) return text;
      text += line;
    }
    throw Error(ExitCode::bad_input, text.empty() ? "it crashed" : text);
  }

  std::FILE* commands_ = nullptr;
  std::FILE* answers_ = nullptr;
};

}  // namespace

std::unique_ptr<Running> run_on_device(const Program& program, const Subject& subject) {
  return std::make_unique<OnDevice>(program, subject);
}

}  // namespace tinycc
