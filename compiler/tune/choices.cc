// See choices.h.
#include "compiler/tune/choices.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "passes/cost.h"
#include "passes/excerpt.h"
#include "passes/pipeline.h"

namespace tinycc {
namespace {

constexpr double kShare = 0.05;    // of all the work of a section: less is not looked at
constexpr double kHopeless = 1.6;  // by the estimate, times ours
constexpr double kBetter = 0.97;   // of the time so far
constexpr int kLook = 3, kTurns = 8;
constexpr double kTime_s = 0.02, kCompile_s = 60;

/// The computations of `all` that are in kernels which `others` has not.
std::vector<size_t> differing(
    const std::vector<std::pair<std::string, std::vector<size_t>>>& all,
    const std::vector<std::pair<std::string, std::vector<size_t>>>& others) {
  std::set<std::string> known;
  for (const auto& [key, parts] : others) known.insert(key);
  std::vector<size_t> found;
  for (const auto& [key, parts] : all) {
    if (known.count(key) == 0) found.insert(found.end(), parts.begin(), parts.end());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Are arguments of both the same, one by one?
bool same_ports(const Program& a, const Program& b) {
  const auto same = [&](const std::vector<Port>& x, const std::vector<Port>& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [&](const Port& p, const Port& q) {
      const Buffer &s = *a.buffers.at(p.buffer).buffer, &t = *b.buffers.at(q.buffer).buffer;
      return s.name == t.name && s.dtype == t.dtype && s.shape == t.shape && s.layout == t.layout;
    });
  };
  return same(a.inputs, b.inputs) && same(a.outputs, b.outputs);
}

}  // namespace

ChoiceSearch::ChoiceSearch(const Graph& traced, const Target& target, bool exact,
                           const std::string& path, const TuneFile& known,
                           const SearchSettings& settings)
    : traced_(traced), target_(target), exact_(exact), settings_(settings), known_(path, known) {
  before_ = variant({});
  choices_ = known.choices;
  now_ = variant(answers());
  std::erase_if(choices_, [&](const TunedChoice& c) {
    return std::none_of(now_.decisions.begin(), now_.decisions.end(), [&](const Decision& d) {
      return d.key == c.key &&
             std::find(d.possible.begin(), d.possible.end(), c.choice) != d.possible.end();
    });
  });
}

ChoiceSearch::Answers ChoiceSearch::answers() const {
  Answers all;
  for (const TunedChoice& c : choices_) all[c.key] = c.choice;
  return all;
}

Variant ChoiceSearch::variant(const Answers& answers) const {
  Variant v;
  const Decide decide = [&](const Decision& d) {
    if (std::none_of(v.decisions.begin(), v.decisions.end(),
                     [&](const Decision& other) { return other.key == d.key; }))
      v.decisions.push_back(d);
    const auto found = answers.find(d.key);
    const bool is_possible =
        found != answers.end() &&
        std::find(d.possible.begin(), d.possible.end(), found->second) != d.possible.end();
    return is_possible ? found->second : d.ours;
  };
  v.graph = std::make_unique<Graph>(traced_);
  for (const GraphPass& pass : graph_passes()) pass.run(*v.graph, {target_, exact_, decide});
  v.draft = lowered(*v.graph, target_, decide);
  return v;
}

/// By what they compute, into which buffer.
std::vector<std::pair<std::string, ChoiceSearch::Parts>> ChoiceSearch::kernels_of(
    const Draft& draft) const {
  std::vector<std::pair<std::string, Parts>> all;
  for (Parts& parts : kernel_parts(draft, {})) {
    std::string key;
    for (const size_t c : parts)
      key += kernel_key(draft, draft.computations[c]) + " " +
             draft.buffers.at(draft.computations[c].target).name + " ";
    all.emplace_back(key, std::move(parts));
  }
  return all;
}

Subject ChoiceSearch::subject(const Draft& draft, const Parts& parts) const {
  return {[this, &draft, parts] {
            Excerpt e = excerpt(draft, parts);
            return build_program(std::move(e.draft),
                                 [this](const Draft& d, const Computation& c, const std::string&) {
                                   return known_.find(d, c);
                                 });
          },
          settings_.cc, settings_.runner, scratch_.path};
}

double ChoiceSearch::estimate(const Draft& draft, const Parts& parts) const {
  double cost = 0;
  for (const size_t c : parts) cost += CostModel(draft, draft.computations[c]).best().cost;
  return cost;
}

/// Nothing where the other one is not better, or where they cannot be compared.
std::optional<TunedChoice> ChoiceSearch::measure(const Decision& d, const Variant& other) {
  const auto ours = kernels_of(now_.draft), theirs = kernels_of(other.draft);
  const Parts a = differing(ours, theirs), b = differing(theirs, ours);
  if (a.empty() || b.empty() || estimate(other.draft, b) > kHopeless * estimate(now_.draft, a))
    return {};
  Subject base = subject(now_.draft, a), challenger = subject(other.draft, b);
  const Program p = base.program();
  if (!same_ports(p, challenger.program())) return {};
  SharedBytes results(result_bytes(p));
  base.results = challenger.results = &results;
  base.is_reference = true;
  std::vector<double> ratios;
  double us = 0;
  for (const int turns : {kLook, kTurns, kTurns}) {  // each in new processes
    Trial first(base, cores_);
    if (!first.ready(kCompile_s).ok) return {};
    Trial second(challenger, cores_);
    if (!second.ready(kCompile_s).ok) return {};
    ratios.push_back(ratio_of(first, second, turns));
    if (ratios.back() == 0 || ratios.back() > kBetter) return {};
    if (ratios.size() == 3) us = first.time(kTime_s, 1e9).us;
  }
  return TunedChoice{d.section, d.key, d.name, "", us, us * std::sqrt(ratios[1] * ratios[2])};
}

/// True if another answer is better.
bool ChoiceSearch::look_at(const Decision& d) {
  bool better = false;
  const Answers at_first = answers();
  const auto given = at_first.find(d.key);
  const std::string first = given == at_first.end() ? d.ours : given->second;
  for (const std::string& choice : d.possible) {
    if (choice == first || interrupted()) continue;
    Answers changed = answers();
    changed[d.key] = choice;
    Variant other = variant(changed);
    std::optional<TunedChoice> found = measure(d, other);
    if (!found) continue;
    better = true;
    found->choice = choice;
    const auto old = std::find_if(choices_.begin(), choices_.end(),
                                  [&](const TunedChoice& c) { return c.key == d.key; });
    if (old == choices_.end()) {
      choices_.push_back(*found);
    } else {
      found->before_us = std::max(old->before_us, found->before_us);
      *old = *found;
    }
    if (choice == d.ours) std::erase_if(choices_, [&](const auto& c) { return c.key == d.key; });
    now_ = std::move(other);
  }
  return better;
}

void ChoiceSearch::run(double seconds, const std::function<void()>& improved,
                       const std::function<void(const std::string&)>& progress) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6));
  for (const std::string section : {"graph", "buffers"}) {
    std::vector<Decision> all;
    double work = 0;
    for (const Decision& d : now_.decisions) {
      if (d.section != section) continue;
      all.push_back(d);
      work += d.work;
    }
    std::sort(all.begin(), all.end(), [](const Decision& a, const Decision& b) {
      return std::tie(b.work, a.key) < std::tie(a.work, b.key);
    });
    for (const Decision& d : all) {
      if (Clock::now() > end || interrupted() || d.work < kShare * work) break;
      progress(fmt::format("{} {}: {} or other", section, d.name, d.ours));
      if (look_at(d)) improved();
    }
  }
}

}  // namespace tinycc
