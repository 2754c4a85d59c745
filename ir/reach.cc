// See reach.h.
#include "ir/reach.h"

#include <set>

#include "ir/build.h"

namespace tinycc {

/// bits = sum of place * stride over the axes of memory
Affine address_of(const Buffer& b, const std::vector<Expr>& index) {
  const std::vector<int64_t> extents = b.layout.extents(b.shape);
  const std::vector<Expr> place = b.layout.place(index);
  Affine sum;
  int64_t stride = bits_of(b.dtype);
  for (size_t i = place.size(); i-- > 0; stride *= extents[i]) {
    const Affine part = affine(simplify(place[i]));
    sum.constant += part.constant * stride;
    for (const auto& [term, factor] : part.terms) sum.terms.emplace_back(term, factor * stride);
  }
  tidy(sum, DType::i64);
  return sum;
}

std::optional<Known> with_turns(const std::vector<Expr>& roots, Known known) {
  for (Expr r : topological(roots)) {
    if (!r->is(Op::range) || r->sources.empty()) continue;
    const int64_t turns = std::min(bounds(r[0], known).high, extent_of(r));
    if (turns < 1) return {};
    known.emplace_back(r, Interval{0, turns - 1});
  }
  return known;
}

// ---- one call

Reach::Reach(const Kernel& kernel, const Buffer& buffer) : buffer_(buffer) {
  visit_accesses(kernel.body, [&](int64_t id, const std::vector<Expr>& index, bool is_store) {
    if (id == buffer.id) all_.push_back({is_store, index, address_of(buffer, index)});
  });
}

Interval Reach::rows(size_t dim, bool writes, const Known& scalars) const {
  const auto [first, end] = buffer_.layout.reach(static_cast<int64_t>(dim), buffer_.shape[dim]);
  Interval all{end, first - 1};
  for (const Access& a : all_) {
    if (a.writes != writes) continue;
    const std::optional<Known> known = with_turns(a.index, scalars);
    if (!known) continue;
    const Interval i = bounds(a.index[dim], *known);
    all = {std::min(all.low, std::max(i.low, first)),
           std::max(all.high, std::min(i.high, end - 1))};
  }
  return all;
}

Interval Reach::bytes(bool writes, const Known& scalars) const {
  const int64_t end = buffer_.bytes();
  Interval all{end, 0};
  for (const Access& a : all_) {
    if (a.writes != writes) continue;
    const std::optional<Known> known = with_turns(a.index, scalars);
    if (!known) continue;
    Bounds facts(*known);
    const Interval i = bounds_of(a.start, facts);
    const int64_t behind = i.is_finite() ? i.high / 8 + bytes_of(buffer_.dtype) : end;
    all = {std::min(all.low, i.is_finite() ? std::max<int64_t>(i.low / 8, 0) : 0),
           std::max(all.high, std::min(behind, end))};
  }
  return all;
}

// ---- several calls

namespace {

void add_calls(const Program& program, const Step& step, const Known& counters,
               std::vector<Called>& calls) {
  if (step.kind == Step::Kind::repeat) {
    for (int64_t t = 0; t < extent_of(step.range); ++t) {
      Known inside = counters;
      inside.emplace_back(step.range, Interval{t, t});
      for (const Step& s : step.body) add_calls(program, s, inside, calls);
    }
    return;
  }
  for (const Step& s : step.body) add_calls(program, s, counters, calls);
  if (step.kind != Step::Kind::call) return;
  const Kernel& k = program.kernels[step.kernel];
  Called call{&step, {}};
  for (size_t i = 0; i < step.scalars.size(); ++i)
    call.scalars.emplace_back(k.scalars[i], bounds(step.scalars[i], counters));
  calls.push_back(std::move(call));
}

}  // namespace

const Buffer* parameter_of(const Kernel& k, const Step& call, int64_t buffer) {
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (call.arguments[i] == buffer) return k.parameters[i].get();
  }
  return nullptr;
}

std::vector<Called> calls_in(const Program& program, const Step& step) {
  std::vector<Called> calls;
  add_calls(program, step, {}, calls);
  return calls;
}

std::pair<int64_t, int64_t> ring_of(const Buffer& b) {
  for (const Axis& a : b.layout.axes) {
    const auto same = std::count_if(b.layout.axes.begin(), b.layout.axes.end(),
                                    [&](const Axis& other) { return other.dim == a.dim; });
    if (a.mod > 0 && a.div == 1 && same == 1) return {a.dim, a.mod};
  }
  return {-1, 0};
}

std::optional<int64_t> lag_of(const Program& program, const std::vector<Called>& calls,
                              int64_t read, int64_t written) {
  std::map<std::pair<const Step*, int64_t>, Reach> reaches;
  const auto bytes = [&](const Called& c, int64_t buffer, bool writes) {
    const Kernel& k = program.kernels[c.step->kernel];
    const Buffer* p = parameter_of(k, *c.step, buffer);
    if (p == nullptr) return Interval{0, -1};
    const auto found = reaches.try_emplace({c.step, buffer}, k, *p).first;
    return found->second.bytes(writes, c.scalars);
  };
  int64_t lag = INT64_MIN, end = -1;  // of what was written so far
  for (const Called& c : calls) {
    const Interval out = bytes(c, written, true), in = bytes(c, read, false);
    if (out.low < out.high) end = std::max(end, out.high);
    if (in.low < in.high) lag = std::max(lag, end >= 0 ? end - in.low : -in.high);
    if (const Interval over = bytes(c, read, true); over.low < over.high) return {};
  }
  return lag == INT64_MIN ? std::nullopt : std::optional(lag);
}

}  // namespace tinycc
