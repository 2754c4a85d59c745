// See subject.h.
#include "compiler/tune/subject.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <new>

#include <fmt/format.h>

#include "compiler/tune/native.h"
#include "emitters/cstyle.h"

namespace tinycc {
namespace {

constexpr double kSample_us = 200;  // calls are repeated until a reading of the clock is worth it
constexpr size_t kMostSamples = 31, kLeastSamples = 3;

/// Numbers like those that networks work on; small ones of integers, since they may be indices.
void fill(char* to, const Buffer& b, uint32_t seed) {
  std::vector<double> numbers(static_cast<size_t>(b.elements()));
  for (double& n : numbers) {
    seed = seed * 1664525u + 1013904223u;
    const auto high = static_cast<double>(seed >> 16);  // below 65536
    n = is_float(b.dtype)  ? high / 32768 - 1
        : is_bool(b.dtype) ? std::floor(high / 32768)
                           : std::floor(high / 4096);
  }
  const TensorData data = TensorData::of_numbers(b.dtype, {b.elements()}, numbers);
  std::memcpy(to, data.bytes->data(), data.bytes->size());
}

TensorData numbers_at(const char* from, const Buffer& b) {
  const auto* bytes = reinterpret_cast<const std::byte*>(from);
  return TensorData::of_bytes(b.dtype, {b.elements()}, {bytes, bytes + b.bytes()});
}

/// The value at which NaNs and infinities of the same sign are alike.
bool differ(double a, double b, double most) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) != std::isnan(b);
  return a != b && !(std::fabs(a - b) <= most);
}

std::string difference_of(const char* got, const char* want, const Buffer& b) {
  if (std::memcmp(got, want, static_cast<size_t>(b.bytes())) == 0) return "";
  const std::vector<double> a = numbers_at(got, b).numbers(), e = numbers_at(want, b).numbers();
  double scale = 0;
  for (const double x : e) scale = std::isfinite(x) ? std::max(scale, std::fabs(x)) : scale;
  const double most = is_float(b.dtype) ? kRelative * scale : 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (differ(a[i], e[i], most))
      return fmt::format("{}: element {} is {}, not {}", b.name, i, a[i], e[i]);
  }
  return "";
}

/// The processor's time of this thread: what others do meanwhile does not count.
double now_us() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) * 1e-3;
}

double quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<size_t>(q * static_cast<double>(sorted.size() - 1))];
}

/// A program in this process.
class Here : public Running {
 public:
  Here(const Program& program, const Subject& subject);

  void run() override;
  std::string difference(const SharedBytes& expected) override;
  void store(SharedBytes& results) override;
  Reading time(double seconds, double limit_us) override;

 private:
  struct Block {  // of memory, aligned as vectors are
    std::shared_ptr<char> data;
    const Buffer* buffer = nullptr;
  };
  Block block(size_t bytes, const Buffer* buffer);

  std::unique_ptr<Native> native_;
  std::vector<Block> outputs_, all_;
  std::vector<void*> input_list_, output_list_;
  void* arena_ = nullptr;
  void* state_ = nullptr;
  using Run = int (*)(void**, void**, void*, void*);
  Run run_ = nullptr;
};

Here::Here(const Program& program, const Subject& subject) {
  const std::vector<SourceFile> files = library_of(program, false);
  native_ = compile_native(files, program.target, subject.cc, subject.folder);
  run_ = reinterpret_cast<Run>(native_->find(program.name + "_run"));
  for (const SourceFile& f : files) {
    if (!f.name.ends_with(".bin")) continue;
    input_list_.push_back(block(f.text.size(), nullptr).data.get());
    std::copy(f.text.begin(), f.text.end(), static_cast<char*>(input_list_.back()));
  }
  const auto add = [&](const Port& port, std::vector<void*>& list) {
    const Buffer& b = *program.buffers.at(port.buffer).buffer;
    const Block memory = block(static_cast<size_t>(b.bytes()), &b);
    fill(memory.data.get(), b, static_cast<uint32_t>(7 + list.size()));
    list.push_back(memory.data.get());
    return memory;
  };
  for (const Port& p : program.inputs) add(p, input_list_);
  for (const Port& p : program.outputs) outputs_.push_back(add(p, output_list_));
  input_list_.insert(input_list_.end(), 3, nullptr);  // no pool of threads
  arena_ = block(static_cast<size_t>(program.arena_bytes), nullptr).data.get();
  size_t state = 64;  // of the struct, padding included
  for (const Port& p : program.states)
    state += static_cast<size_t>(program.buffers.at(p.buffer).buffer->bytes()) + 64;
  state_ = block(state, nullptr).data.get();
}

Here::Block Here::block(size_t bytes, const Buffer* buffer) {
  constexpr std::align_val_t kAlign{256};
  const size_t size = std::max<size_t>(bytes, 1);
  Block b{{static_cast<char*>(::operator new(size, kAlign)),
           [](char* p) { ::operator delete(p, kAlign); }},
          buffer};
  std::memset(b.data.get(), 0, size);
  all_.push_back(b);
  return b;
}

void Here::run() {
  const int status = run_(input_list_.data(), output_list_.data(), arena_, state_);
  TCC_CHECK(status == 0, fmt::format("a run ended with status {}", status));
}

std::string Here::difference(const SharedBytes& expected) {
  size_t at = 0;
  for (const Block& b : outputs_) {
    const std::string found = difference_of(b.data.get(), expected.data + at, *b.buffer);
    if (!found.empty()) return found;
    at += static_cast<size_t>(b.buffer->bytes());
  }
  return "";
}

void Here::store(SharedBytes& results) {
  size_t at = 0;
  for (const Block& b : outputs_) {
    std::memcpy(results.data + at, b.data.get(), static_cast<size_t>(b.buffer->bytes()));
    at += static_cast<size_t>(b.buffer->bytes());
  }
}

Reading Here::time(double seconds, double limit_us) {
  const auto calls = [&](size_t n) {
    const double start = now_us();
    for (size_t i = 0; i < n; ++i) run();
    return (now_us() - start) / static_cast<double>(n);
  };
  return reading_of(calls, seconds, limit_us, kSample_us);
}

}  // namespace

Reading reading_of(const std::function<double(size_t)>& calls, double seconds, double limit_us,
                   double sample_us) {
  calls(1);  // warms the caches
  const double once = calls(1);
  if (once > limit_us) return {true, once, 0, ""};
  const auto each = static_cast<size_t>(std::clamp(sample_us / std::max(once, 1e-3), 1.0, 1e5));
  const double sample = once * static_cast<double>(each);
  const auto wanted = static_cast<size_t>(std::max(seconds * 1e6 / sample, 1.0));
  std::vector<double> samples(std::clamp(wanted, kLeastSamples, kMostSamples));
  for (double& s : samples) s = calls(each);
  std::sort(samples.begin(), samples.end());
  const double median = quantile(samples, 0.5);
  return {true, median, (quantile(samples, 0.75) - quantile(samples, 0.25)) / median, ""};
}

size_t result_bytes(const Program& program) {
  size_t bytes = 2 * kSums * sizeof(double) * program.outputs.size();
  for (const Port& p : program.outputs)
    bytes += static_cast<size_t>(program.buffers.at(p.buffer).buffer->bytes());
  return bytes;
}

std::vector<SourceFile> library_of(const Program& program, bool linked) {
  const bool weights = std::any_of(program.weights.begin(), program.weights.end(), [&](auto& w) {
    return program.buffers.at(w.first).buffer->space == Space::weight;
  });
  const bool device = program.target.is_device();
  const Names names(program, !weights || device ? WeightsMode::source
                             : linked           ? WeightsMode::incbin
                                                : WeightsMode::bin);
  std::vector<KernelText> kernels;
  for (size_t k = 0; k < program.kernels.size(); ++k) kernels.push_back(emit_kernel(names, k));
  const HostInputs host{names, kernels, kernel_helpers(names), {}, {}, {}};
  std::vector<SourceFile> files = emit_library(host);
  if (device) std::ranges::move(stub_files(host), std::back_inserter(files));
  return files;
}

bool is_modelled(const Target& target, const std::string& runner) {
  return runner.empty() && !target.is_device() && !runs_here(target);
}

std::unique_ptr<Running> run_here(const Program& program, const Subject& subject) {
  return std::make_unique<Here>(program, subject);
}

}  // namespace tinycc
