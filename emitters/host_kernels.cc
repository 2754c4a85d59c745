// The kernels as functions in C files: a comment over each, its head, its body; helpers where they
// are named; several files when there is much text, so that these compile in parallel.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "emitters/dialect.h"
#include "emitters/host_model.h"

namespace tinycc {

namespace {

constexpr size_t kShardText = 60 << 10;

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// By kernel: the top-level steps that call it.
using Callers = std::vector<std::vector<size_t>>;

void collect_callers(const Step& step, size_t top, Callers& callers) {
  if (step.kind == Step::Kind::call) {
    std::vector<size_t>& steps = callers[step.kernel];
    if (steps.empty() || steps.back() != top) steps.push_back(top);
  }
  for (const Step& inner : step.body) collect_callers(inner, top, callers);
}

Callers callers_in(const Program& program) {
  Callers callers(program.kernels.size());
  for (size_t i = 0; i < program.steps.size(); ++i) collect_callers(program.steps[i], i, callers);
  return callers;
}

/// "Step 2", "Steps 2, 5, 8", "Steps 2, 5, 8 and 9 more".
std::string steps_text(const std::vector<size_t>& steps) {
  std::vector<std::string> numbers;
  for (const size_t step : steps) numbers.push_back(std::to_string(step));
  return (steps.size() == 1 ? "Step " : "Steps ") + listed(numbers, 8);
}

std::string parameter_shapes(const Names& names, size_t kernel, bool written) {
  std::vector<std::string> shapes;
  for (const ParameterNames& p : names.parameters(kernel)) {
    const Buffer& buffer = buffer_of(names.program(), p.buffer);
    if (p.written == written && buffer.space != Space::weight) {
      shapes.push_back(shape_text(buffer.dtype, buffer.shape));
    }
  }
  return join(shapes, ", ");
}

std::string comment_of(const HostInputs& host, size_t k, const std::vector<size_t>& steps) {
  const Names& names = host.names;
  const Kernel& kernel = names.program().kernels[k];
  std::vector<std::string> results;
  for (const ParameterNames& p : names.parameters(k)) {
    if (p.written) results.push_back(p.name);
  }
  const auto lines = [](std::string_view text) { return wrap_words(comment_text(text), " * "); };
  std::string out =
      "/" + wrap_words(fmt::format("{}: {} = {}", steps_text(steps), join(results, ", "),
                                   comment_text(kernel.computes)),
                       " * ")
                .substr(1);
  out += "\n" + lines(fmt::format("{} -> {}; {} FLOP, reads {} bytes, writes {} bytes",
                                  parameter_shapes(names, k, false),
                                  parameter_shapes(names, k, true), thousands(kernel.flops),
                                  thousands(kernel.bytes_read), thousands(kernel.bytes_written)));
  if (!kernel.nodes.empty()) out += "\n" + lines("nodes: " + join(kernel.nodes, ", "));
  if (!kernel.schedule.empty()) out += "\n" + lines("schedule: " + kernel.schedule);
  if (!host.kernels[k].notes.empty()) out += "\n" + lines(host.kernels[k].notes);
  return out + " */\n";
}

}  // namespace

bool has_word(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool starts = at == 0 || !is_word_char(text[at - 1]);
    if (starts && (end == text.size() || !is_word_char(text[end]))) return true;
  }
  return false;
}

std::vector<size_t> called_kernels(const Names& names) {
  std::vector<size_t> order;
  std::vector<bool> seen(names.program().kernels.size());
  const std::function<void(const Step&)> visit = [&](const Step& step) {
    if (step.kind == Step::Kind::call && !seen[step.kernel]) {
      seen[step.kernel] = true;
      order.push_back(step.kernel);
    }
    for (const Step& inner : step.body) visit(inner);
  };
  for (const Step& step : names.program().steps) visit(step);
  return order;
}

namespace {

/// Adds every identifier of `text`.
void add_words(std::string_view text, std::unordered_set<std::string>& words) {
  for (size_t at = 0; at < text.size(); ++at) {
    size_t end = at;
    while (end < text.size() && is_word_char(text[end])) ++end;
    if (end > at) words.emplace(text.substr(at, end - at));
    at = end;
  }
}

}  // namespace

std::string helpers_for(const HostInputs& host, const std::string& text) {
  std::unordered_set<std::string> used;
  add_words(text, used);
  std::vector<const HelperText*> needed;
  for (size_t i = host.helpers.size(); i-- > 0;) {
    if (used.count(host.helpers[i].name) == 0) continue;
    needed.push_back(&host.helpers[i]);
    add_words(host.helpers[i].text, used);
  }
  std::string out;
  std::unordered_set<std::string> written;  // several names may want the same header
  for (size_t i = needed.size(); i-- > 0;) {
    if (written.insert(needed[i]->text).second) out += needed[i]->text + "\n";
  }
  return out;
}

std::string nan_check(const Names& names) {
  return fmt::format(
      "#ifdef __FINITE_MATH_ONLY__\n#if __FINITE_MATH_ONLY__ != 0\n"
      "#error \"{} tells NaNs apart: compile it without -ffinite-math-only\"\n#endif\n#endif\n\n",
      names.prefix());
}

namespace {

/// Does a kernel's body use vector types of a target whose vectors have 64 bytes?
bool has_wide_vectors(const Names& names, const std::string& body) {
  const Target& target = names.program().target;
  return target.vector_bytes >= 64 && !target.is_device() && target.has_vectors() &&
         body.find(names.prefixed("f_")) != std::string::npos;
}

}  // namespace

std::vector<std::string> kernel_shards(const HostInputs& host, bool& sharded) {
  const Callers callers = callers_in(host.names.program());
  std::vector<std::string> texts;
  size_t total = 0;
  for (const size_t k : called_kernels(host.names)) total += host.kernels.at(k).body.size();
  const bool device = host.names.program().target.is_device();  // whose compiler gets it whole
  const Dialect dialect = dialect_of(host.names.program().target);
  sharded = total > kShardText && !device;
  for (const size_t k : called_kernels(host.names)) {
    const KernelText& kernel = host.kernels[k];
    std::string guard = kernel.guards_loads && !device ? host.names.macro("F_GUARDED") + " " : "";
    if (has_wide_vectors(host.names, kernel.body)) guard += host.names.macro("F_WIDE") + " ";
    const int64_t group = host.names.program().kernels[k].group;
    std::string over, head = guard + (sharded || device ? "" : "static ") + host.names.signature(k);
    if (group > 0) {
      over = fmt::format(fmt::runtime(dialect.group_kernel), group);
      head = head.substr(std::string_view(dialect.kernel).size());
    }
    const std::string text = comment_of(host, k, callers[k]) + over + wrap_arguments(head, 0) +
                             "\n" + kernel.body + "\n";
    const bool fits = !texts.empty() && texts.back().size() + text.size() <= kShardText;
    if (texts.empty() || (sharded && !fits)) texts.emplace_back();
    texts.back() += text;
  }
  return texts;
}

}  // namespace tinycc
