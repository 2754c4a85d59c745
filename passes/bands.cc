// See bands.h. Which bands: the least costly way to cut the sequence of computations into bands and
// single ones (dynamic programming over where the cuts are).
#include "passes/bands.h"

#include <algorithm>
#include <set>

#include "ir/build.h"
#include "ir/reach.h"
#include "passes/plan.h"

namespace tinycc {
namespace {

constexpr size_t kMostParts = 16;  // of a band

/// Rows of a buffer that a row of a computation reads.
struct Need {
  int64_t buffer, low, high;
};

/// The dimension that is outermost in memory, and how many rows it has; -1: there is none such.
std::pair<int64_t, int64_t> rows_of(const Buffer& b) {
  for (size_t i = 0; i < b.layout.axes.size(); ++i) {
    const Axis& a = b.layout.axes[i];
    const int64_t extent = b.shape[static_cast<size_t>(a.dim)];
    if (extent == 1) continue;
    const bool plain = a == Axis{.dim = a.dim} &&
                       std::count_if(b.layout.axes.begin(), b.layout.axes.end(),
                                     [&](const Axis& other) { return other.dim == a.dim; }) == 1;
    return plain ? std::pair(a.dim, extent) : std::pair<int64_t, int64_t>(-1, 1);
  }
  return {-1, 1};
}

class Bands {
 public:
  explicit Bands(const Draft& draft) : draft_(draft) {
    const std::vector<Computation>& all = draft.computations;
    for (size_t i = 0; i < all.size(); ++i) {
      if (!first_.try_emplace(all[i].target, i).second) parts_of_.insert(all[i].target);
      last_[all[i].target] = i;
      for (Expr l : loads_in(all[i].value)) last_[l->attr.ints[0]] = i;
    }
    for (const auto& [id, loop] : draft.loops) last_[loop.until] = all.size();
    for (const Computation& c : all) rows_.push_back(row_range(c));
    needs_.resize(all.size());
  }

  std::optional<Banded> best(int64_t bytes);

 private:
  /// What one band, or one computation, comes to.
  struct Way {
    std::vector<Band::Call> calls;
    std::map<int64_t, int64_t> kept;  // rows of the buffers that it makes
    int64_t bytes = 0;                // of all that lives at that time
  };

  const Buffer& buffer(int64_t id) const { return draft_.buffers.at(id); }
  Expr row_range(const Computation& c) const;
  const std::vector<Need>& needs(size_t part, int64_t row);
  void make(size_t part, int64_t row, Way& way, std::map<size_t, int64_t>& made);
  Way way(size_t first, size_t last);
  bool is_ring(int64_t id, size_t first, size_t last, const Way& way) const;
  int64_t saved(size_t first, size_t last, const Way& way);
  int64_t lag(const Way& way, int64_t read, int64_t written);
  void apply(Banded& to, size_t first, size_t last);

  const Draft& draft_;
  std::map<int64_t, size_t> first_, last_;  // by buffer: computations
  std::set<int64_t> parts_of_;              // buffers that several computations make
  bool hopeful_ = true;
  std::vector<Expr> rows_;  // by computation: empty where it cannot run by rows
  std::vector<std::map<int64_t, std::vector<Need>>> needs_;
};

/// The loop over rows of the result, where it is one that a band may turn.
Expr Bands::row_range(const Computation& c) const {
  const Buffer& b = buffer(c.target);
  const auto [dim, rows] = rows_of(b);
  if (dim < 0 || c.ordered || c.fills_halo || c.loop >= 0 || c.chain >= 0) return {};
  if (parts_of_.count(b.id) != 0 || !c.outermost.empty() || b.is_image()) return {};
  const Expr row = c.index[static_cast<size_t>(dim)];
  const bool whole = row->is(Op::range) && row->sources.empty() && extent_of(row) == rows &&
                     std::count(c.ranges.begin(), c.ranges.end(), row) == 1;
  const std::vector<Expr> loads = loads_in(c.value);
  const bool reads_itself =
      std::any_of(loads.begin(), loads.end(), [&](Expr l) { return l->attr.ints[0] == b.id; });
  return whole && !reads_itself ? row : Expr();
}

const std::vector<Need>& Bands::needs(size_t part, int64_t row) {
  const auto [found, is_new] = needs_[part].try_emplace(row);
  if (!is_new) return found->second;
  for (Expr l : loads_in(draft_.computations[part].value)) {
    const Buffer& b = buffer(l->attr.ints[0]);
    const auto [dim, rows] = rows_of(b);
    if (b.space == Space::weight || first_.count(b.id) == 0) continue;
    Need need{b.id, 0, rows - 1};
    if (dim >= 0) {
      const auto known = with_turns(l->sources, {{rows_[part], {row, row}}});
      if (!known) continue;
      const Interval i = bounds(l->sources[static_cast<size_t>(dim)], *known);
      need = {b.id, std::max<int64_t>(i.low, 0), std::min(i.high, rows - 1)};
    }
    found->second.push_back(need);
  }
  return found->second;
}

/// Makes a row, and before it all rows of the band that it needs.
void Bands::make(size_t part, int64_t row, Way& way, std::map<size_t, int64_t>& made) {
  const auto maker = [&](const Need& n) { return made.find(first_.at(n.buffer)); };
  for (const Need& n : needs(part, row)) {
    const auto from = maker(n);
    while (from != made.end() && from->second <= n.high) make(from->first, from->second, way, made);
  }
  for (const Need& n : needs(part, row)) {
    const auto from = maker(n);
    if (from == made.end()) continue;
    int64_t& kept = way.kept[n.buffer];
    kept = std::max(kept, from->second - n.low);
  }
  way.calls.push_back({part, row});
  made[part] = row + 1;
}

bool Bands::is_ring(int64_t id, size_t first, size_t last, const Way& way) const {
  const auto kept = way.kept.find(id);
  return kept != way.kept.end() && first_.at(id) >= first && last_.at(id) <= last &&
         buffer(id).space == Space::arena && kept->second < rows_of(buffer(id)).second;
}

Bands::Way Bands::way(size_t first, size_t last) {
  Way way;
  const bool by_rows = static_cast<bool>(rows_[last]);
  std::map<size_t, int64_t> made;
  for (size_t i = first; i <= last && by_rows; ++i) made[i] = 0;
  for (size_t i = last + 1; i-- > first && by_rows;) {
    const int64_t id = draft_.computations[i].target;
    const bool later = last_.at(id) > last || buffer(id).space != Space::arena;
    while ((i == last || later) && made[i] < extent_of(rows_[i])) make(i, made[i], way, made);
  }
  for (const auto& [id, from] : first_) {
    const Buffer& b = buffer(id);
    if (b.space != Space::arena || from > last || last_.at(id) < first) continue;
    way.bytes +=
        is_ring(id, first, last, way) ? b.bytes() / rows_of(b).second * way.kept.at(id) : b.bytes();
  }
  way.bytes -= saved(first, last, way);
  return way;
}

/// Bytes that what is read for the last time and what is written have in common, of the best pair. Of a
/// computation alone that depends on the order that its loops will have.
int64_t Bands::saved(size_t first, size_t last, const Way& way) {
  int64_t most = 0;
  if (way.calls.empty() || !is_tight(draft_.target) || (first == last && !hopeful_)) return 0;
  for (const auto& [in, from] : first_) {
    if (from >= first || last_.at(in) < first || last_.at(in) > last) continue;
    for (size_t i = first; i <= last; ++i) {
      const int64_t out = draft_.computations[i].target;
      if (buffer(out).space != Space::arena || is_ring(out, first, last, way)) continue;
      const int64_t a = buffer(in).bytes(), b = buffer(out).bytes();
      most = std::max(most, a + b - std::max(a + std::max<int64_t>(lag(way, in, out), 0), b));
    }
  }
  return most;
}

/// As lag_of() has it, in whole rows.
int64_t Bands::lag(const Way& way, int64_t read, int64_t written) {
  const int64_t in = buffer(read).bytes() / rows_of(buffer(read)).second,
                out = buffer(written).bytes() / rows_of(buffer(written)).second;
  int64_t lag = -buffer(read).bytes(), end = -1;
  for (const Band::Call& c : way.calls) {
    if (draft_.computations[c.part].target == written) end = (c.row + 1) * out;
    for (const Need& n : needs(c.part, c.row)) {
      if (n.buffer == read && end >= 0) lag = std::max(lag, end - n.low * in);
    }
  }
  return lag;
}

void Bands::apply(Banded& to, size_t first, size_t last) {
  const Way found = way(first, last);
  Band band{first, last, {}, found.calls};
  for (size_t i = first; i <= last; ++i) {
    Computation& c = to.draft.computations[i];
    band.rows.push_back(rows_[i]);
    std::erase(c.ranges, rows_[i]);
    if (!is_ring(c.target, first, last, found)) continue;
    Buffer& b = to.draft.buffers.at(c.target);
    const int64_t dim = rows_of(b).first;
    for (Axis& a : b.layout.axes) {
      if (a.dim == dim) a.mod = found.kept.at(b.id);
    }
  }
  to.bands.push_back(std::move(band));
}

std::optional<Banded> Bands::best(int64_t bytes) {
  hopeful_ = bytes >= 0;
  struct Cut {
    std::pair<int64_t, int64_t> cost{INT64_MAX, 0};  // bytes beyond the limit, rows in bands
    size_t from = 0;
  };
  const size_t n = rows_.size();
  std::vector<Cut> cuts(n + 1);
  cuts[0].cost = {0, 0};
  for (size_t end = 1; end <= n; ++end) {
    for (size_t from = end; from-- > 0 && end - from <= kMostParts;) {
      if (from + 1 < end && (!rows_[from] || !rows_[end - 1])) break;
      const Way w = way(from, end - 1);
      const auto [over, rows] = cuts[from].cost;
      const std::pair<int64_t, int64_t> cost{
          std::max(over, w.bytes <= bytes ? 0 : w.bytes),
          rows + (from + 1 < end ? static_cast<int64_t>(w.calls.size()) : 0)};
      if (cost < cuts[end].cost) cuts[end] = {cost, from};
    }
  }
  if (bytes > 0 && cuts[n].cost.first > 0) return {};
  std::vector<std::pair<size_t, size_t>> found;
  for (size_t end = n; end > 0; end = cuts[end].from) found.emplace_back(cuts[end].from, end - 1);
  Banded banded{draft_, {}};
  for (size_t i = found.size(); i-- > 0;) {
    if (found[i].first < found[i].second) apply(banded, found[i].first, found[i].second);
  }
  return banded;
}

// ---- calls as steps

/// So many rows of a computation, one after the other.
struct Run {
  size_t part;
  int64_t row, count;
};

/// The calls between two rows of the last computation, that of the second included.
using Turn = std::vector<Run>;

std::vector<Turn> turns_in(const Band& band) {
  std::vector<Turn> turns(1);
  for (const Band::Call& c : band.calls) {
    Turn& turn = turns.back();
    if (!turn.empty() && turn.back().part == c.part && turn.back().row + turn.back().count == c.row)
      ++turn.back().count;
    else
      turn.push_back({c.part, c.row, 1});
    if (c.part == band.last) turns.emplace_back();
  }
  if (turns.back().empty()) turns.pop_back();
  return turns;
}

/// Does the same happen in all of them, each time as much further down?
bool is_regular(const Turn& a, const Turn& b, const Turn& c) {
  if (a.size() != b.size() || b.size() != c.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].part != b[i].part || b[i].part != c[i].part || a[i].count != b[i].count ||
        b[i].count != c[i].count || b[i].row - a[i].row != c[i].row - b[i].row)
      return false;
  }
  return true;
}

class BandWriter {
 public:
  BandWriter(const Band& band, const std::vector<Step>& parts)
      : band_(band), parts_(parts), pool_(*band.rows[0]->pool) {}

  std::vector<Step> steps() const {
    const std::vector<Turn> turns = turns_in(band_);
    std::vector<Step> out;
    for (size_t i = 0, end = 0; i < turns.size(); i = end) {
      for (end = i + 1; end < turns.size() && end + 1 < turns.size() &&
                        is_regular(turns[end - 1], turns[end], turns[end + 1]);)
        ++end;
      end = end > i + 1 ? end + 1 : end;
      if (end == i + 1) {
        for (const Run& r : turns[i]) out.push_back(run(r, {}, 0));
        continue;
      }
      Step repeat;
      repeat.kind = Step::Kind::repeat;
      repeat.range = range(pool_, static_cast<int64_t>(end - i), "turn");
      for (size_t k = 0; k < turns[i].size(); ++k)
        repeat.body.push_back(
            run(turns[i][k], repeat.range, turns[i + 1][k].row - turns[i][k].row));
      out.push_back(std::move(repeat));
    }
    return out;
  }

 private:
  /// row = first + turn * step + what a loop over several rows adds
  Step run(const Run& r, Expr turn, int64_t step) const {
    Affine row;
    row.constant = r.row;
    if (turn && step != 0) row.terms.emplace_back(turn, step);
    if (r.count == 1) return call(r.part, row);
    Step repeat;
    repeat.kind = Step::Kind::repeat;
    repeat.range = range(pool_, r.count, "row");
    row.terms.emplace_back(repeat.range, 1);
    repeat.body.push_back(call(r.part, row));
    return repeat;
  }

  Step call(size_t part, const Affine& row) const {
    Step step = parts_[part - band_.first];
    std::replace(step.scalars.begin(), step.scalars.end(), band_.rows[part - band_.first],
                 sum_of(pool_, row));
    return step;
  }

  const Band& band_;
  const std::vector<Step>& parts_;
  Pool& pool_;
};

}  // namespace

std::optional<Banded> with_bands(const Draft& draft, int64_t bytes) {
  return Bands(draft).best(bytes);
}

Draft with_rows_outermost(Draft draft) {
  for (auto& [id, b] : draft.buffers) {
    std::vector<Axis>& axes = b.layout.axes;
    const auto row = std::find(axes.begin(), axes.end(), Axis{.dim = 2});
    if (b.space == Space::arena && row != axes.end()) std::rotate(axes.begin(), row, row + 1);
  }
  return draft;
}

Step band_step(const Band& band, const std::vector<Step>& parts) {
  Step block;
  block.kind = Step::Kind::block;
  block.body = BandWriter(band, parts).steps();
  for (const Step& part : parts)
    block.nodes.insert(block.nodes.end(), part.nodes.begin(), part.nodes.end());
  block.computes = parts.back().computes;
  return block;
}

}  // namespace tinycc
