// Candidates on another machine: an executable that fills its arguments by a formula, prints sums of
// what it computes, then the time of a call; `--runner` says how to start it there.
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "compiler/tune/native.h"
#include "compiler/tune/process.h"
#include "compiler/tune/subject.h"
#include "emitters/names.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;

/// ISO C: clock() is there on boards without a system, too.
constexpr const char* kMain = R"(#include "PREFIX.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint32_t seed = 7;
static double next_number(int integer)
{
    seed = seed * 1664525u + 1013904223u;
    return integer ? (double)(seed >> 28) : (double)(seed >> 16) / 32768.0 - 1.0;
}
#define FILL(object, type, integer) \
    for (size_t i = 0; i < sizeof object / sizeof(type); ++i) ((type *)(void *)&object)[i] = (type)next_number(integer)
#define SUMS(object, type) \
    for (size_t k = 0; k < SUM_COUNT; ++k) { \
        double sum = 0, size = 0; \
        for (size_t i = k; i < sizeof object / sizeof(type); i += SUM_COUNT) { \
            const double x = (double)((type *)(void *)&object)[i]; \
            sum += x; size += x < 0 ? -x : x; \
        } \
        printf("%.17g %.17g\n", sum, size); \
    }
OBJECTS
static double seconds_of(long calls)
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

std::string replaced(std::string text, const std::string& word, const std::string& value) {
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += value.size())
    text.replace(at, word.size(), value);
  return text;
}

std::string main_text(const Program& program) {
  const Names names(program);
  std::string objects, fills, prints;
  std::map<std::string, std::string> pointers;
  const auto add = [&](const Port& port, const char* list) {
    const Buffer& b = *program.buffers.at(port.buffer).buffer;
    const std::string object = fmt::format("{}_{}", list, names.member(port.buffer));
    const std::string type(c_type(b.dtype));
    objects += fmt::format("static {} {} __attribute__((aligned(256)));\n", names.type(port.buffer),
                           object);
    fills += fmt::format("FILL({}, {}, {});\n", object, type, is_float(b.dtype) ? 0 : 1);
    if (list == std::string("out")) prints += fmt::format("SUMS({}, {})\n", object, type);
    pointers[list] += fmt::format(".{} = &{}, ", names.member(port.buffer), object);
  };
  for (const Port& p : program.inputs) add(p, "in");
  for (const Port& p : program.outputs) add(p, "out");
  objects += "static PREFIX_arena arena __attribute__((aligned(256)));\n";
  objects += fmt::format("static const PREFIX_inputs inputs = {{{}}};\n", pointers["in"]);
  objects += fmt::format("static const PREFIX_outputs outputs = {{{}}};\n", pointers["out"]);
  const bool state = !program.states.empty();
  if (state) objects += "static PREFIX_state state __attribute__((aligned(256)));\n";
  std::string text = replaced(kMain, "OBJECTS", objects);
  text = replaced(
      text, "RUN",
      fmt::format("(void)PREFIX_run(&inputs, &outputs, &arena{})", state ? ", &state" : ""));
  text = replaced(replaced(text, "FILLS", fills), "PRINTS", prints);
  text = replaced(text, "SUM_COUNT", fmt::format("{}u", kSums));
  return replaced(text, "PREFIX", program.name);
}

class Elsewhere : public Running {
 public:
  Elsewhere(const Program& program, const Subject& subject)
      : runner_(words_of(subject.runner)), folder_(subject.folder) {
    std::vector<std::string> words = words_of(subject.cc);
    fs::create_directories(folder_);
    const fs::path executable = fs::path(folder_) / "candidate";
    words.insert(words.end(), {"-w", "-I", folder_, "-o", executable.string()});
    for (const std::string& f : native_flags(program.target)) words.push_back(f);
    std::vector<SourceFile> files = library_of(program, true);
    files.push_back({"main.c", main_text(program), Role::tool});
    for (const SourceFile& f : files) {
      const std::string path = (fs::path(folder_) / f.name).string();
      std::ofstream(path, std::ios::binary) << f.text;
      if (f.name.ends_with(".c")) words.push_back(path);
    }
    words.insert(words.end(), {"-lm"});
    runner_.push_back(executable.string());
    if (chdir(folder_.c_str()) != 0) throw Error(ExitCode::cannot_write, folder_);
    const Finished done = run_command(words);
    if (done.status != 0)
      throw Error(ExitCode::bad_input, words[0] + ": " + done.output.substr(0, 160));
  }

  void run() override { sums_ = numbers(output_of(0)); }

  void store(SharedBytes& results) override {
    TCC_CHECK(sums_.size() * sizeof(double) <= results.size, "more sums than results");
    std::copy(sums_.begin(), sums_.end(), reinterpret_cast<double*>(results.data));
  }

  std::string difference(const SharedBytes& expected) override {
    const auto* want = reinterpret_cast<const double*>(expected.data);
    for (size_t i = 0; i + 1 < sums_.size(); i += 2) {
      const double most = kRelative * std::fabs(want[i + 1]);
      const bool numbers = !std::isnan(sums_[i]) || !std::isnan(want[i]);
      if (numbers && !(std::fabs(sums_[i] - want[i]) <= most))
        return fmt::format("a sum of results is {}, not {}", sums_[i], want[i]);
    }
    return "";
  }

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

  static std::vector<double> numbers(const std::string& text) {
    std::istringstream in(text);
    std::vector<double> all;
    for (std::string w; in >> w;) all.push_back(std::strtod(w.c_str(), nullptr));
    return all;
  }

  std::vector<std::string> runner_;
  std::string folder_;
  std::vector<double> sums_;
};

}  // namespace

std::unique_ptr<Running> run_elsewhere(const Program& program, const Subject& subject) {
  return std::make_unique<Elsewhere>(program, subject);
}

}  // namespace tinycc
