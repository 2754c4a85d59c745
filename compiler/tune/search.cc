// See search.h.
#include "compiler/tune/search.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "passes/excerpt.h"
#include "passes/schedule.h"

namespace tinycc {
namespace {

constexpr size_t kBatch = 8;         // candidates between two decisions where to go on
constexpr size_t kBeam = 4;          // measured schedules whose neighbours are tried
constexpr double kTime_s = 0.02;     // of calls for one reading
constexpr double kFaster = 0.98;     // below this share of the best time a candidate is looked at twice
constexpr double kWorthwhile = 5e-4; // of the program's time: what a batch must promise
constexpr double kCompile_s = 30, kPlain_s = 60;  // limits

/// By place in the draft: that of an excerpt keeps the order.
MovesOf by_place(std::vector<std::string> moves) {
  return [moves = std::move(moves)](const Draft& draft, const Computation& c, const std::string&) {
    return std::optional(moves.at(static_cast<size_t>(&c - draft.computations.data())));
  };
}

/// Tiles of the same kind differ in sizes alone; a first look takes some of each kind.
std::array<int64_t, 5> kind_of(const Proposal& p) {
  return {p.knobs[kForm], p.knobs[kVector], p.knobs[kLanes], p.knobs[kRange], p.knobs[kRange2]};
}

/// The same tile, whatever the ranges are called.
bool is_like(const Knobs& a, const Knobs& b) {
  static constexpr Knob kShape[] = {kForm, kLanes, kVectors, kRows, kRows2, kOuter, kReduced,
                                    kUnrolled};
  return std::all_of(std::begin(kShape), std::end(kShape), [&](Knob k) { return a[k] == b[k]; });
}

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

}  // namespace

Search::Search(const Draft& draft, const std::vector<std::string>& start,
               const SearchSettings& settings)
    : draft_(draft), settings_(settings) {
  end_ = std::chrono::steady_clock::now() +
         std::chrono::microseconds(static_cast<int64_t>(settings.budget_s * 1e6));
  for (const Computation& c : draft.computations) heuristic_.push_back(choose_schedule(draft, c));
  find_units(start);
  measure_start();
}

double Search::seconds_left() const {
  return std::chrono::duration<double>(end_ - std::chrono::steady_clock::now()).count();
}

/// Equal kernels are one unit: they have the same keys.
void Search::find_units(const std::vector<std::string>& start) {
  std::map<std::vector<std::string>, size_t> known;
  for (const std::vector<size_t>& parts : kernel_parts(draft_, by_place(start))) {
    TunedUnit u;
    u.computations = parts;
    for (const size_t c : parts) {
      u.keys.push_back(kernel_key(draft_, draft_.computations[c]));
      u.moves.push_back(start[c]);
      u.before.push_back(heuristic_[c]);
    }
    const auto [found, fresh] = known.try_emplace(u.keys, units_.size());
    if (fresh) units_.push_back(std::move(u));
    else ++units_[found->second].calls;
  }
  states_.resize(units_.size());
}

Subject Search::subject(const TunedUnit& u, const std::vector<std::string>& moves) const {
  return {[this, &u, moves] {
            Excerpt e = excerpt(draft_, u.computations);
            return build_program(std::move(e.draft), by_place(moves));
          },
          settings_.cc, nullptr, false};
}

Subject Search::whole(bool tuned) const {
  std::map<std::string, std::string> by_key;
  for (const TunedUnit& u : units_) {
    for (size_t i = 0; i < u.keys.size(); ++i) by_key.emplace(u.keys[i], u.moves[i]);
  }
  std::vector<std::string> moves = heuristic_;
  for (size_t c = 0; c < moves.size() && tuned; ++c)
    moves[c] = by_key.at(kernel_key(draft_, draft_.computations[c]));
  return {[this, moves] { return build_program(draft_, by_place(moves)); }, settings_.cc, nullptr,
          false};
}

void Search::measure_start() {
  std::deque<std::unique_ptr<Trial>> ahead;
  size_t started = 0;
  for (size_t i = 0; i < units_.size() && !interrupted(); ++i) {
    for (; started < units_.size() && ahead.size() < static_cast<size_t>(cores_.count); ++started) {
      const Subject s = subject(units_[started], units_[started].moves);
      ahead.push_back(std::make_unique<Trial>(s, cores_));
    }
    TunedUnit& u = units_[i];
    const Reading& ready = ahead.front()->ready(kCompile_s);
    const Reading r = ready.ok ? ahead.front()->time(kTime_s, 1e9) : ready;
    ahead.pop_front();
    u.name = subject(u, u.moves).program().kernels.back().name;
    if (!r.ok && !interrupted()) {
      throw Error(ExitCode::bad_input,
                  fmt::format("kernel {} as it is does not run here: {}", u.name, r.why),
                  "tune on a machine of the target's kind");
    }
    u.before_us = u.now_us = r.us;
  }
}

/// A computation that an earlier unit has too keeps the moves that it gets there.
void Search::find_space(size_t unit, std::set<std::string>& owned) {
  const TunedUnit& u = units_[unit];
  for (size_t i = 0; i < u.computations.size(); ++i) {
    if (!owned.insert(u.keys[i]).second) continue;
    Space s{i, proposals(draft_, draft_.computations[u.computations[i]]), {u.moves[i]}, {}};
    if (!s.proposals.empty()) states_[unit].spaces.push_back(std::move(s));
  }
  if (states_[unit].spaces.empty()) states_[unit].hope = 0;
}

/// Runs the plain nest. Where it takes too long, the schedule to start from is the reference.
bool Search::make_reference(size_t unit) {
  const TunedUnit& u = units_[unit];
  State& state = states_[unit];
  if (state.results) return true;
  Subject s = subject(u, std::vector<std::string>(u.computations.size()));
  state.results = std::make_unique<SharedBytes>(output_bytes(s.program()));
  s.results = state.results.get();
  s.is_reference = true;
  if (Trial(s, cores_).ready(std::min(kPlain_s, std::max(seconds_left() / 4, 2.0))).ok) return true;
  s.program = subject(u, u.before).program;
  return Trial(s, cores_).ready(kCompile_s).ok;
}

/// What won elsewhere first, then neighbours of the best, and some that only the model recommends.
std::vector<const Proposal*> Search::pick(Space& space, const std::string& now) const {
  std::vector<const Proposal*> chosen;
  const auto take = [&](const Proposal& p) {
    if (space.tried.insert(p.moves).second) chosen.push_back(&p);
  };
  for (const Knobs& w : winners_) {
    for (const Proposal& p : space.proposals) {
      if (chosen.size() < kBatch / 2 && is_like(w, p.knobs)) take(p);
    }
  }
  const size_t own = space.measured.empty() ? chosen.size() : kBatch - 2;
  std::vector<const Proposal*> beam;
  for (const Proposal& p : space.proposals) {
    if (p.moves == now) beam.push_back(&p);
  }
  std::sort(space.measured.begin(), space.measured.end(),
            [](const Measured& a, const Measured& b) { return a.us < b.us; });
  for (size_t i = 0; i < std::min(kBeam, space.measured.size()); ++i)
    beam.push_back(space.measured[i].proposal);
  for (const Proposal* best : beam) {
    const size_t most = chosen.size() + (own - std::min(own, chosen.size()) + 1) / 2;
    for (const Proposal& p : space.proposals) {
      if (chosen.size() < most && are_neighbours(*best, p)) take(p);
    }
  }
  std::map<std::array<int64_t, 5>, int> kinds;
  for (const int most : {1, 2, 1 << 20}) {
    for (const Proposal& p : space.proposals) {
      if (chosen.size() < kBatch && space.tried.count(p.moves) == 0 && kinds[kind_of(p)] < most) {
        ++kinds[kind_of(p)];
        take(p);
      }
    }
  }
  return chosen;
}

/// In turns, three times; `ratio`: the challenger's time by the best one's.
bool Search::is_faster(Trial& best, Trial& challenger, double& ratio) const {
  std::vector<double> ratios;
  for (int i = 0; i < 3; ++i) {
    const Reading a = best.time(kTime_s, 1e9), b = challenger.time(kTime_s, 1e9);
    if (!a.ok || !b.ok) return false;
    ratios.push_back(b.us / a.us);
  }
  ratio = median(ratios);
  return ratio < kFaster;
}

void Search::batch(size_t unit, const std::function<void()>& improved) {
  TunedUnit& u = units_[unit];
  State& state = states_[unit];
  const auto start = std::chrono::steady_clock::now();
  Space& space = state.spaces[state.batches++ % state.spaces.size()];
  const double before = u.now_us;
  const auto with = [&](const std::string& moves) {
    std::vector<std::string> all = u.moves;
    all[space.part] = moves;
    Subject s = subject(u, all);
    s.results = state.results.get();
    return s;
  };
  const std::vector<const Proposal*> chosen = pick(space, u.moves[space.part]);
  auto best = std::make_unique<Trial>(with(u.moves[space.part]), cores_);
  const Reading first = best->ready(kCompile_s).ok ? best->time(kTime_s, 1e9) : Reading{};
  if (!first.ok || chosen.empty()) {
    state.hope = first.ok ? state.hope / 2 : 0;
    return;
  }
  double now = first.us;
  std::deque<Candidate> ahead;
  size_t started = 0;
  for (size_t i = 0; i < chosen.size() && seconds_left() > 0 && !interrupted(); ++i) {
    for (; started < chosen.size() && ahead.size() < static_cast<size_t>(cores_.count); ++started)
      ahead.push_back({chosen[started], std::make_unique<Trial>(with(chosen[started]->moves), cores_)});
    Candidate c = std::move(ahead.front());
    ahead.pop_front();
    ++tried_;
    const Reading& ready = c.trial->ready(kCompile_s);
    const Reading r = ready.ok ? c.trial->time(kTime_s, 1.5 * now) : ready;
    if (!r.ok) {
      ++rejected_;
      if (!interrupted()) complaint_ = fmt::format("{}: {}: {}", u.name, c.proposal->moves, r.why);
      continue;
    }
    space.measured.push_back({r.us, c.proposal});
    double ratio = 1;
    if (r.us > kFaster * now || !is_faster(*best, *c.trial, ratio)) continue;
    best = std::move(c.trial);
    u.moves[space.part] = c.proposal->moves;
    winners_.insert(winners_.begin(), c.proposal->knobs);
    u.now_us *= ratio;
    now *= ratio;
    improved();
  }
  state.hope = (state.hope + (1 - u.now_us / before)) / 2;
  state.batch_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double Search::now_us() const {
  double sum = 0;
  for (const TunedUnit& u : units_) sum += u.now_us * static_cast<double>(u.calls);
  return sum;
}

/// What the next batch may save of a run.
double Search::gain_of(size_t unit) const {
  const TunedUnit& u = units_[unit];
  return states_[unit].hope * u.now_us * static_cast<double>(u.calls);
}

void Search::run(const std::function<void()>& improved,
                 const std::function<void(const std::string&)>& progress) {
  std::set<std::string> owned;
  std::vector<size_t> order(units_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return gain_of(a) > gain_of(b); });
  for (const size_t i : order) find_space(i, owned);
  const double start = now_us();
  while (seconds_left() > 0 && !interrupted()) {
    const double now = now_us();
    size_t next = 0;
    for (size_t i = 0; i < units_.size(); ++i) {
      if (gain_of(i) / states_[i].batch_s > gain_of(next) / states_[next].batch_s) next = i;
    }
    if (gain_of(next) < kWorthwhile * now) break;
    progress(fmt::format("{} tried, {:.1f} us of {:.1f} left, {:.0f} s to go: {}", tried_, now,
                         start, seconds_left(), units_[next].name));
    if (make_reference(next)) batch(next, improved);
    else states_[next].hope = 0;
  }
}

std::pair<double, double> Search::whole_program() const {
  Trial before(whole(false), cores_), after(whole(true), cores_);
  std::vector<double> a, b;
  const double compile_s = kCompile_s + 2 * static_cast<double>(units_.size());
  for (const Reading& r : {before.ready(compile_s), after.ready(compile_s)}) {
    if (!r.ok) throw Error(ExitCode::internal, "the whole program does not run: " + r.why);
  }
  for (int i = 0; i < 5; ++i) {
    a.push_back(before.time(0.2, 1e9).us);
    b.push_back(after.time(0.2, 1e9).us);
  }
  return {median(a), median(b)};
}

}  // namespace tinycc
