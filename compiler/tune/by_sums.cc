// See by_sums.h.
#include "compiler/tune/by_sums.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "compiler/tune/native.h"
#include "compiler/tune/process.h"
#include "emitters/names.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHead = R"(#include "PREFIX.h"
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
)";

std::string replaced(std::string text, const std::string& word, const std::string& value) {
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += value.size())
    text.replace(at, word.size(), value);
  return text;
}

std::string main_text(const Program& program, const std::string& main) {
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
  const bool device = program.target.is_device();
  objects += device ? "static PREFIX_device device;\n"
                    : "static PREFIX_arena arena __attribute__((aligned(256)));\n";
  objects += fmt::format("static const PREFIX_inputs inputs = {{{}}};\n", pointers["in"]);
  objects += fmt::format("static const PREFIX_outputs outputs = {{{}}};\n", pointers["out"]);
  const bool state = !program.states.empty() && !device;
  if (state) objects += "static PREFIX_state state __attribute__((aligned(256)));\n";
  std::string text = replaced(kHead + main, "OBJECTS", objects);
  text = replaced(text, "RUN",
                  device ? "(void)PREFIX_run(&inputs, &outputs, &device)"
                         : fmt::format("(void)PREFIX_run(&inputs, &outputs, &arena{})",
                                       state ? ", &state" : ""));
  text = replaced(replaced(text, "FILLS", fills), "PRINTS", prints);
  text = replaced(text, "SUM_COUNT", fmt::format("{}u", kSums));
  return replaced(text, "PREFIX", program.name);
}

}  // namespace

std::string build_executable(const Program& program, const Subject& subject,
                             const std::string& main) {
  std::vector<std::string> words = words_of(subject.cc);
  fs::create_directories(subject.folder);
  const std::string executable = (fs::path(subject.folder) / "candidate").string();
  words.insert(words.end(), {"-w", "-I", subject.folder, "-o", executable});
  for (const std::string& f : native_flags(program.target)) words.push_back(f);
  std::vector<SourceFile> files = library_of(program, true);
  files.push_back({"main.c", main_text(program, main), Role::tool});
  for (const SourceFile& f : files) {
    const std::string path = (fs::path(subject.folder) / f.name).string();
    std::ofstream(path, std::ios::binary) << f.text;
    if (f.name.ends_with(".c")) words.push_back(path);
  }
  words.insert(words.end(), {"-lm"});
  if (chdir(subject.folder.c_str()) != 0) throw Error(ExitCode::cannot_write, subject.folder);
  const Finished done = run_command(words);
  if (done.status != 0)
    throw Error(ExitCode::bad_input, words[0] + ": " + done.output.substr(0, 160));
  return executable;
}

void BySums::take_sums(const std::string& text) {
  std::istringstream in(text);
  sums_.clear();
  for (std::string w; in >> w;) sums_.push_back(std::strtod(w.c_str(), nullptr));
}

void BySums::store(SharedBytes& results) {
  TCC_CHECK(sums_.size() * sizeof(double) <= results.size, "more sums than results");
  std::copy(sums_.begin(), sums_.end(), reinterpret_cast<double*>(results.data));
}

std::string BySums::difference(const SharedBytes& expected) {
  const auto* want = reinterpret_cast<const double*>(expected.data);
  for (size_t i = 0; i + 1 < sums_.size(); i += 2) {
    const double most = kRelative * std::fabs(want[i + 1]);
    const bool numbers = !std::isnan(sums_[i]) || !std::isnan(want[i]);
    if (numbers && !(std::fabs(sums_[i] - want[i]) <= most))
      return fmt::format("a sum of results is {}, not {}", sums_[i], want[i]);
  }
  return "";
}

}  // namespace tinycc
