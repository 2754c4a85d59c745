// Candidates on another machine: an executable that prints sums of what it computes, then the time of a
// call; `--runner` says how to start it there.
#include <fmt/format.h>

#include "compiler/tune/by_sums.h"
#include "compiler/tune/process.h"

namespace tinycc {
namespace {

/// ISO C: clock() is there on boards without a system, too.
constexpr const char* kMain = R"(static double seconds_of(long calls)
{
    const clock_t start = clock();
    for (long i = 0; i < calls; ++i) RUN;
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}
int main(int argc, char **argv)
{
    const double wanted = argc > 1 ? atof(argv[1]) : 0;
    long calls = 1;
    double took;
    FILLS
    RUN;
    PRINTS
    if (wanted <= 0) return 0;
    for (took = seconds_of(calls); took < wanted; took = seconds_of(calls)) calls *= 2;
    printf("us %.17g\n", took / (double)calls * 1e6);
    return 0;
}
)";

class Elsewhere : public BySums {
 public:
  Elsewhere(const Program& program, const Subject& subject) : runner_(words_of(subject.runner)) {
    runner_.push_back(build_executable(program, subject, kMain));
  }

  void run() override { take_sums(output_of(0)); }

  Reading time(double seconds, double) override {
    const std::string text = output_of(seconds);
    const size_t at = text.rfind("us ");
    if (at == std::string::npos) return {false, 0, 0, "the runner printed no time"};
    return {true, std::stod(text.substr(at + 3)), 0, ""};
  }

 private:
  std::string output_of(double seconds) const {
    std::vector<std::string> words = runner_;
    words.push_back(fmt::format("{}", seconds));
    const Finished done = run_command(words);
    if (done.status != 0) {
      throw Error(ExitCode::bad_input, fmt::format("the runner ended with status {}: {}",
                                                   done.status, done.output.substr(0, 120)));
    }
    return done.output;
  }

  std::vector<std::string> runner_;
};

}  // namespace

std::unique_ptr<Running> run_elsewhere(const Program& program, const Subject& subject) {
  return std::make_unique<Elsewhere>(program, subject);
}

}  // namespace tinycc
