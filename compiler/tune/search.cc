// See search.h.
#include "compiler/tune/search.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <set>

#include <fmt/format.h>

#include "passes/excerpt.h"
#include "passes/schedule.h"

namespace tinycc {
namespace {

constexpr size_t kBatch = 8;      // candidates between two decisions where to go on
constexpr size_t kBeam = 4;       // measured schedules whose neighbours are tried
constexpr double kTime_s = 0.02;  // of calls for one reading
constexpr double kFaster =
    0.98;  // below this share of the best time a candidate is looked at twice
constexpr double kWorthwhile = 5e-4;  // of the program's time: what a batch must promise
constexpr double kTurn_s = 0.004;     // of calls, of one of two that take turns
constexpr int kLook = 3, kTurns = 12;
constexpr double kHopeless = 1.5;  // times the best one's time: not worth an exact reading
constexpr double kVerify_s = 0.6;  // for one kernel, about
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
  static constexpr Knob kShape[] = {kForm,  kLanes, kVectors, kRows,
                                    kRows2, kOuter, kReduced, kUnrolled};
  return std::all_of(std::begin(kShape), std::end(kShape), [&](Knob k) { return a[k] == b[k]; });
}

double lower_quartile(std::vector<double> v) {
  const auto at = v.begin() + static_cast<ptrdiff_t>((v.size() - 1) / 4);
  std::nth_element(v.begin(), at, v.end());
  return *at;
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
    if (fresh)
      units_.push_back(std::move(u));
    else
      ++units_[found->second].calls;
  }
  states_.resize(units_.size());
}

Subject Search::subject(const TunedUnit& u, const std::vector<std::string>& moves) const {
  return {[this, &u, moves] {
            Excerpt e = excerpt(draft_, u.computations);
            return build_program(std::move(e.draft), by_place(moves));
          },
          settings_.cc, settings_.runner, scratch_.path};
}

Subject Search::whole(bool tuned) const {
  std::map<std::string, std::string> by_key;
  for (const TunedUnit& u : units_) {
    for (size_t i = 0; i < u.keys.size(); ++i) by_key.emplace(u.keys[i], u.moves[i]);
  }
  std::vector<std::string> moves = heuristic_;
  for (size_t c = 0; c < moves.size() && tuned; ++c)
    moves[c] = by_key.at(kernel_key(draft_, draft_.computations[c]));
  return {[this, moves] { return build_program(draft_, by_place(moves)); }, settings_.cc,
          settings_.runner, scratch_.path};
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
  state.results = std::make_unique<SharedBytes>(result_bytes(s.program()));
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

/// In turns, a little each time, so that what slows the machine slows both: their times when it is
/// least disturbed (lower quartiles of the medians), as a ratio; 0 if one of them fails.
double Search::ratio_of(Trial& best, Trial& challenger, int turns) const {
  std::vector<double> a, b;
  for (int i = 0; i < turns; ++i) {
    const Reading one = best.time(kTurn_s, 1e9);
    const Reading other = challenger.time(kTurn_s, one.us * kHopeless);
    if (!one.ok || !other.ok) return 0;
    a.push_back(one.us);
    b.push_back(other.us);
  }
  return lower_quartile(b) / lower_quartile(a);
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
  if (!best->ready(kCompile_s).ok || chosen.empty()) {
    state.hope /= 2;
    return;
  }
  std::deque<Candidate> ahead;
  size_t started = 0;
  for (size_t i = 0; i < chosen.size() && seconds_left() > time_to_verify() && !interrupted();
       ++i) {
    for (; started < chosen.size() && ahead.size() < static_cast<size_t>(cores_.count); ++started)
      ahead.push_back(
          {chosen[started], std::make_unique<Trial>(with(chosen[started]->moves), cores_)});
    Candidate c = std::move(ahead.front());
    ahead.pop_front();
    ++tried_;
    const Reading& ready = c.trial->ready(kCompile_s);
    const double first_look = ready.ok ? ratio_of(*best, *c.trial, kLook) : 0;
    if (first_look == 0) {
      ++rejected_;
      if (!interrupted())
        complaint_ = fmt::format("{}: {}: {}", u.name, c.proposal->moves,
                                 ready.ok ? "no time came back" : ready.why);
      continue;
    }
    space.measured.push_back({first_look * u.now_us, c.proposal});
    if (first_look > 1) continue;
    const double once = ratio_of(*best, *c.trial, kTurns);
    if (once == 0 || once > kFaster) continue;
    // Where a process happens to lie in memory matters too: both again, in new ones.
    auto old = std::make_unique<Trial>(with(u.moves[space.part]), cores_);
    c.trial = std::make_unique<Trial>(with(c.proposal->moves), cores_);
    if (!old->ready(kCompile_s).ok || !c.trial->ready(kCompile_s).ok) continue;
    const double again = ratio_of(*old, *c.trial, kTurns), ratio = std::sqrt(once * again);
    if (again == 0 || std::max(ratio, again) > kFaster) continue;
    best = std::move(c.trial);
    u.moves[space.part] = c.proposal->moves;
    winners_.insert(winners_.begin(), c.proposal->knobs);
    u.now_us *= ratio;
    improved();
  }
  state.hope = (state.hope + (1 - u.now_us / before)) / 2;
  state.batch_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
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
  while (seconds_left() > time_to_verify() && !interrupted()) {
    const double now = now_us();
    size_t next = 0;
    for (size_t i = 0; i < units_.size(); ++i) {
      if (gain_of(i) / states_[i].batch_s > gain_of(next) / states_[next].batch_s) next = i;
    }
    if (gain_of(next) < kWorthwhile * now) break;
    progress(fmt::format("{} tried, {:.1f} us of {:.1f} left, {:.0f} s to go: {}", tried_, now,
                         start, seconds_left(), units_[next].name));
    if (make_reference(next))
      batch(next, improved);
    else
      states_[next].hope = 0;
  }
  for (size_t i = 0; i < units_.size() && !interrupted(); ++i) {
    if (units_[i].moves == units_[i].before) continue;
    progress("looking again at " + units_[i].name);
    verify(units_[i]);
  }
}

/// What won by chance among many is found out in processes that are new, and goes.
void Search::verify(TunedUnit& u) const {
  std::vector<double> ratios, times;
  for (int i = 0; i < 2; ++i) {
    Trial before(subject(u, u.before), cores_), after(subject(u, u.moves), cores_);
    if (!before.ready(kCompile_s).ok || !after.ready(kCompile_s).ok) return;
    ratios.push_back(ratio_of(before, after, kTurns));
    times.push_back(before.time(kTime_s, 1e9).us);
  }
  if (interrupted() || ratios[0] * ratios[1] == 0) return;
  u.before_us = std::min(times[0], times[1]);
  const double ratio = std::sqrt(ratios[0] * ratios[1]);
  if (ratio > kFaster) u.moves = u.before;
  u.now_us = u.before_us * (ratio > kFaster ? 1 : ratio);
}

double Search::time_to_verify() const {
  const auto changed = std::count_if(units_.begin(), units_.end(),
                                     [](const TunedUnit& u) { return u.moves != u.before; });
  return std::min(kVerify_s * static_cast<double>(changed), settings_.budget_s / 4);
}

std::pair<double, double> Search::whole_program() const {
  Trial before(whole(false), cores_), after(whole(true), cores_);
  std::vector<double> a, b;
  const double compile_s = kCompile_s + 2 * static_cast<double>(units_.size());
  for (const Reading& r : {before.ready(compile_s), after.ready(compile_s)}) {
    if (!r.ok) throw Error(ExitCode::internal, "the whole program does not run: " + r.why);
  }
  for (int i = 0; i < 2 * kTurns; ++i) {
    a.push_back(before.time(kTime_s, 1e9).us);
    b.push_back(after.time(kTime_s, 1e9).us);
  }
  return {lower_quartile(a), lower_quartile(b)};
}

}  // namespace tinycc
