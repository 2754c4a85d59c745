// See search.h.
#include "compiler/tune/search.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "compiler/tune/subject.h"
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
constexpr int kLook = 3, kTurns = 12;
constexpr double kVerify_s = 0.6;  // for one kernel, about; more where candidates take longer
constexpr int kPairs = 5;          // of processes that tell the whole program's gain
constexpr double kCompile_s = 30, kPlain_s = 60;  // limits

/// By place in the draft: that of an excerpt keeps the order.
MovesOf by_place(std::vector<std::string> moves) {
  return [moves = std::move(moves)](const Draft& draft, const Computation& c, const std::string&) {
    return std::optional(moves.at(static_cast<size_t>(&c - draft.computations.data())));
  };
}

/// Tiles of the same kind differ in sizes alone; a first look takes some of each kind.
std::array<int64_t, 4> kind_of(const Proposal& p) {
  return {p.knobs[kVector], p.knobs[kLanes], p.knobs[kRange], p.knobs[kRange2]};
}

}  // namespace

Search::Search(const Draft& draft, const Draft& untouched, const std::vector<std::string>& start,
               const SearchSettings& settings)
    : draft_(draft), untouched_(untouched), settings_(settings) {
  end_ = std::chrono::steady_clock::now() +
         std::chrono::microseconds(static_cast<int64_t>(settings.budget_s * 1e6));
  for (const Computation& c : draft.computations) heuristic_.push_back(choose_schedule(draft, c));
  find_units(start);
  measure_start();
}

/// Times come from a model: the same at each look, and nothing runs.
bool Search::is_steady() const { return is_modelled(draft_.target, settings_.runner); }

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
  const auto program = [this, tuned] {
    if (!tuned) return build_program(untouched_, {});
    std::map<std::string, std::string> by_key;
    for (const TunedUnit& u : units_) {
      for (size_t i = 0; i < u.keys.size(); ++i) by_key.emplace(u.keys[i], u.moves[i]);
    }
    std::vector<std::string> moves;
    for (const Computation& c : draft_.computations)
      moves.push_back(by_key.at(kernel_key(draft_, c)));
    return build_program(draft_, by_place(moves));
  };
  return {program, settings_.cc, settings_.runner, scratch_.path};
}

/// Of large networks only the kernels that take longest by the estimate, until half of the budget is over:
/// the others keep what they have.
void Search::measure_start() {
  std::deque<std::unique_ptr<Trial>> ahead;
  std::vector<int64_t> work;
  for (TunedUnit& u : units_) {
    const Kernel kernel = subject(u, u.moves).program().kernels.back();
    u.name = kernel.name;
    work.push_back(kernel.cost * u.calls);
  }
  std::vector<size_t> order(units_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return std::pair(-work[a], a) < std::pair(-work[b], b); });
  size_t started = 0;
  for (size_t i = 0; i < units_.size() && !interrupted(); ++i) {
    if (seconds_left() < settings_.budget_s / 2) {
      states_[order[i]].hope = 0;
      continue;
    }
    for (; started < units_.size() && ahead.size() < static_cast<size_t>(cores_.count); ++started) {
      const TunedUnit& next = units_[order[started]];
      ahead.push_back(std::make_unique<Trial>(subject(next, next.moves), cores_));
    }
    TunedUnit& u = units_[order[i]];
    const Reading& ready = ahead.front()->ready(kCompile_s);
    const Reading r = ready.ok ? ahead.front()->time(kTime_s, 1e9) : ready;
    ahead.pop_front();
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
    if (!draft_.computations[u.computations[i]].ordered)
      states_[unit].spaces.push_back({i, {}, {u.moves[i]}, {}});
  }
  if (states_[unit].spaces.empty()) states_[unit].hope = 0;
}

/// Runs the plain nest. Where it takes too long, the schedule to start from is the reference.
bool Search::make_reference(size_t unit) {
  const TunedUnit& u = units_[unit];
  State& state = states_[unit];
  if (state.results || is_steady()) return true;
  Subject s = subject(u, std::vector<std::string>(u.computations.size()));
  state.results = std::make_unique<SharedBytes>(result_bytes(s.program()));
  s.results = state.results.get();
  s.is_reference = true;
  if (Trial(s, cores_).ready(std::min(kPlain_s, std::max(seconds_left() / 4, 2.0))).ok) return true;
  s.program = subject(u, u.before).program;
  return Trial(s, cores_).ready(kCompile_s).ok;
}

/// The space is made when it is first looked at; what a file knew already is a place in it.
void Search::enter(size_t unit, Space& space) const {
  if (space.all) return;
  const TunedUnit& u = units_[unit];
  space.all.emplace(draft_, draft_.computations[u.computations[space.part]]);
  if (const auto now = space.all->find(u.moves[space.part]))
    space.measured.push_back({u.now_us, *now});
}

/// What won elsewhere first, then neighbours of the best, and some that only the model recommends.
std::vector<Proposal> Search::pick(size_t unit, Space& space) const {
  std::vector<Proposal> chosen;
  const auto take = [&](const Proposal& p) {
    if (space.tried.insert(p.moves).second) chosen.push_back(p);
  };
  enter(unit, space);
  for (const Knobs& w : winners_) {
    const std::optional<Proposal> p = space.all->like(w);
    if (p && chosen.size() < kBatch / 2) take(*p);
  }
  std::sort(space.measured.begin(), space.measured.end(),
            [](const Measured& a, const Measured& b) { return a.us < b.us; });
  const size_t own = states_[unit].batches <= states_[unit].spaces.size() ? kBatch / 2 : kBatch - 2;
  for (size_t i = 0; i < std::min(kBeam, space.measured.size()); ++i) {
    const size_t most = chosen.size() + (own - std::min(own, chosen.size()) + 1) / 2;
    for (const Proposal& p : space.all->neighbours(space.measured[i].proposal)) {
      if (chosen.size() < most) take(p);
    }
  }
  std::map<std::array<int64_t, 4>, int> kinds;
  for (const int most : {1, 2, 1 << 20}) {
    for (const Proposal& p : space.all->tiles()) {
      if (chosen.size() < kBatch && space.tried.count(p.moves) == 0 && kinds[kind_of(p)] < most) {
        ++kinds[kind_of(p)];
        take(p);
      }
    }
  }
  return chosen;
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
  const std::vector<Proposal> chosen = pick(unit, space);
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
          {chosen[started], std::make_unique<Trial>(with(chosen[started].moves), cores_)});
    Candidate c = std::move(ahead.front());
    ahead.pop_front();
    ++tried_;
    const Reading& ready = c.trial->ready(kCompile_s);
    const double first_look = ready.ok ? ratio_of(*best, *c.trial, kLook) : 0;
    if (first_look == 0) {
      ++rejected_;
      if (!interrupted())
        complaint_ = fmt::format("{}: {}: {}", u.name, c.proposal.moves,
                                 ready.ok ? "no time came back" : ready.why);
      continue;
    }
    space.measured.push_back({first_look * u.now_us, c.proposal});
    if (first_look > 1) continue;
    const double once = ratio_of(*best, *c.trial, kTurns);
    if (once == 0 || once > kFaster) continue;
    // Where a process happens to lie in memory matters too: both again, in new ones.
    auto old = std::make_unique<Trial>(with(u.moves[space.part]), cores_);
    c.trial = std::make_unique<Trial>(with(c.proposal.moves), cores_);
    if (!old->ready(kCompile_s).ok || !c.trial->ready(kCompile_s).ok) continue;
    const double again = ratio_of(*old, *c.trial, kTurns), ratio = std::sqrt(once * again);
    if (again == 0 || std::max(ratio, again) > kFaster) continue;
    best = std::move(c.trial);
    u.moves[space.part] = c.proposal.moves;
    winners_.insert(winners_.begin(), c.proposal.knobs);
    u.now_us *= ratio;
    improved();
  }
  state.hope = (state.hope + (1 - u.now_us / before)) / 2;
  state.batch_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  spent_s_ += state.batch_s;
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
    if (units_[i].moves == units_[i].before || is_steady()) continue;
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
  const double each = std::max(kVerify_s, 2 * spent_s_ / static_cast<double>(tried_ + 1));
  return std::min(each * static_cast<double>(changed), settings_.budget_s / 4);
}

/// The median of several pairs of processes: by chance one lies better in memory than another.
std::pair<double, double> Search::whole_program() const {
  std::vector<double> ratios;
  double us = 0;
  const auto begin = std::chrono::steady_clock::now();
  const auto most = std::chrono::duration<double>(settings_.budget_s / 8);
  const int pairs = is_steady() ? 1 : kPairs;
  for (int i = 0; i < pairs && !interrupted(); ++i) {
    Trial before(whole(false), cores_), after(whole(true), cores_);
    const double compile_s = kCompile_s + 2 * static_cast<double>(units_.size());
    for (const Reading& r : {before.ready(compile_s), after.ready(compile_s)}) {
      if (!r.ok && !interrupted())
        throw Error(ExitCode::internal, "the whole program does not run: " + r.why);
    }
    us = before.time(kTime_s, 1e9).us;
    ratios.push_back(ratio_of(before, after, kTurns));
    if (std::chrono::steady_clock::now() - begin > most) break;
  }
  std::sort(ratios.begin(), ratios.end());
  return {us, ratios.empty() ? 0 : us * ratios[ratios.size() / 2]};
}

}  // namespace tinycc
