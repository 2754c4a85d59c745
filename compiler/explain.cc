// See explain.h.
#include "compiler/explain.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "emitters/text.h"
#include "ir/traffic.h"
#include "ir/work.h"

namespace tinycc {
namespace {

constexpr size_t kMostNodes = 8;  // that are named
constexpr const char* kRow = "{:<36} {:>6} {:>15} {:>14} {:>12} {:>8} {:>8}\n";

/// A kernel in the order of the first calls.
struct Row {
  size_t kernel = 0;
  int64_t calls = 0;  // in a run, at most
  std::vector<std::string> nodes;
};

void add_calls(const std::vector<Step>& steps, int64_t times, std::vector<Row>& rows,
               std::vector<size_t>& places) {
  for (const Step& s : steps) {
    add_calls(s.body, s.kind == Step::Kind::repeat ? times * extent_of(s.range) : times, rows,
              places);
    if (s.kind != Step::Kind::call) continue;
    size_t& place = places[s.kernel];
    if (place == 0) place = (rows.push_back({s.kernel, 0, {}}), rows.size());
    Row& row = rows[place - 1];
    row.calls += times;
    row.nodes.insert(row.nodes.end(), s.nodes.begin(), s.nodes.end());
  }
}

/// "; 1,024 texels read, 12 reads guarded", or nothing where there are no images.
std::string reads_text(const Kernel& k, const Target& target) {
  if (!target.images) return "";
  const Reads reads = reads_of(k);
  return fmt::format("; {} texels read, {} reads guarded", thousands(reads.images),
                     thousands(reads.guarded));
}

/// "12 tensors in 3 images, 9 in the arena".
std::string places_text(const Program& p) {
  if (!p.target.images) return "";
  int64_t images = 0, weights = 0, arena = 0;
  for (const auto& [id, placed] : p.buffers) {
    images += placed.image >= 0 ? 1 : 0;
    arena += placed.offset >= 0 ? 1 : 0;
    weights += placed.image < 0 && placed.buffer->is_image() ? 1 : 0;
  }
  return fmt::format("{} tensors in {} images, {} in the arena; {} weights are images\n", images,
                     p.images.size(), arena, weights);
}

/// "f32[1,3,8,8], f32[1,16,8,8] -> f32[1,16,8,8]": weights are left out.
std::string shapes_text(const Kernel& k) {
  std::string in, out;
  for (const BufferRef& b : k.parameters) {
    if (b->space == Space::weight) continue;
    std::string& list = std::count(k.outputs.begin(), k.outputs.end(), b->id) != 0 ? out : in;
    list += fmt::format("{}{}[{}]", list.empty() ? "" : ", ", name_of(b->dtype),
                        fmt::join(b->shape, ","));
  }
  return in + (in.empty() ? "-> " : " -> ") + out;
}

std::string work_text(const std::string& name, int64_t calls, int64_t flops, int64_t bytes,
                      double predicted_us, const std::string& roof, double least_us) {
  return fmt::format(kRow, name, calls, thousands(flops), thousands(bytes),
                     fmt::format("{:.2f}", predicted_us), roof,
                     fmt::format("{:.0f} %", predicted_us > 0 ? 100 * least_us / predicted_us : 0));
}

/// "1,234 cycles, 7.35 us by LLVM's analyser; 1,100 instructions". The estimate counts no misses.
std::string cycles_text(const Cycles& c, const Target& target) {
  return fmt::format("    {}{} cycles, {:.2f} us by LLVM's model of {}; {} instructions{}\n",
                     c.bounded ? "" : "at least ", thousands(std::llround(c.cycles)),
                     c.cycles / static_cast<double>(target.clock_mhz),
                     target.resolved.empty() ? target.cpu : target.resolved,
                     thousands(std::llround(c.instructions)),
                     c.unknown == 0 ? "" : fmt::format(", {} not in the model", c.unknown));
}

std::string resources_text(const Resources& r) {
  const std::string scalar = fmt::format(", {} scalar ({} spilled)", r.scalar, r.scalar_spilled);
  return fmt::format(
      "    {}: {} registers ({} spilled){}, {} bytes of stack, {} of local memory, {} matrix "
      "instructions\n",
      r.arch, r.vector, r.spilled, r.scalar > 0 ? scalar : "", r.stack_bytes, r.local_bytes,
      r.matrix);
}

/// " (tcm 32,768 of 65,536, sram 1,024 of 262,144)"
std::string memories_text(const Program& p) {
  std::string out;
  for (const Bank& m : p.memories)
    out += fmt::format("{}{} {} of {}", out.empty() ? " (" : ", ", m.name, thousands(m.bytes),
                       thousands(m.size));
  return out.empty() ? "" : out + ")";
}

std::string machine_text(const Program& p) {
  const Target& t = p.target;
  return fmt::format(
      "{}: {} steps, {} kernels, arena {} bytes{}, {} multiply-adds a run\n"
      "for {} {}, {} thread{}, {} MHz: a core does {:.1f} GFLOP/s, reads {:.1f} GB/s from caches, "
      "{:.1f} from "
      "memory\n\n",
      p.name, p.steps.size(), p.kernels.size(), thousands(p.arena_bytes), memories_text(p),
      thousands(p.macs),
      t.dialect, t.resolved.empty() ? t.cpu : t.resolved, t.threads, t.threads == 1 ? "" : "s",
      t.clock_mhz, peak_gflops(t), cache_gbps(t), static_cast<double>(t.memory_mbps) * 1e-3);
}

}  // namespace

std::string explained(const Program& p, const std::vector<Cycles>& cycles,
                      const std::vector<Resources>& resources) {
  std::vector<Row> rows;
  std::vector<size_t> places(p.kernels.size());
  add_calls(p.steps, 1, rows, places);
  std::string out = machine_text(p);
  out += places_text(p);
  out += fmt::format(kRow, "kernel", "calls", "FLOP", "bytes", "predicted us", "roof", "of roof");
  int64_t calls = 0, flops = 0, bytes = 0;
  double predicted = 0, least = 0;
  Cycles all;
  for (const Row& row : rows) {
    const Kernel& k = p.kernels[row.kernel];
    const Roof roof = roof_of(k, p.target);
    const int64_t moved = k.bytes_read + k.bytes_written;
    const auto times = static_cast<double>(row.calls);
    out += work_text(k.name, row.calls, k.flops, moved, roof.predicted_us, roof.name(),
                     roof.least_us());
    out += fmt::format("    {}{}{}{}\n", listed(row.nodes, kMostNodes),
                       row.nodes.empty() ? "" : ": ", shapes_text(k), reads_text(k, p.target));
    if (!k.schedule.empty()) out += "    " + k.schedule + "\n";
    if (!cycles.empty()) {
      const Cycles& c = cycles[row.kernel];
      out += cycles_text(c, p.target);
      all.cycles += times * c.cycles;
      all.instructions += times * c.instructions;
      all.bounded &= c.bounded;
      all.unknown += c.unknown;
    }
    if (!resources.empty()) out += resources_text(resources[row.kernel]);
    calls += row.calls;
    flops += row.calls * k.flops;
    bytes += row.calls * moved;
    predicted += times * roof.predicted_us;
    least += times * roof.least_us();
  }
  out += work_text("all calls", calls, flops, bytes, predicted, "", least);
  return cycles.empty() ? out : out + cycles_text(all, p.target);
}

}  // namespace tinycc
