// Search over what passes decide by an estimate: algorithms and layouts. In: a traced model, answers
// to begin with. Out: the answers that were measured to be better, and the draft that they lead to.
// Two answers lead to drafts that differ in some kernels: these are cut out of both, must compute the
// same, and take turns in being timed.
#pragma once

#include "compiler/tune/search.h"
#include "compiler/tune/tune_file.h"

namespace tinycc {

/// The model under some answers.
struct Variant {
  std::unique_ptr<Graph> graph;  // the draft points at it
  Draft draft;
  std::vector<Decision> decisions;  // that were asked for, each key once
};

class ChoiceSearch {
 public:
  /// `known`: a file to begin with; of its choices those that apply are kept.
  ChoiceSearch(const Graph& traced, const Target& target, bool exact, const std::string& path,
               const TuneFile& known, const SearchSettings& settings);

  /// Looks at each decision with its `work` in mind until `seconds` are over. `improved` is called
  /// after each gain, `progress` now and then with a line about it.
  void run(double seconds, const std::function<void()>& improved,
           const std::function<void(const std::string&)>& progress);

  const std::vector<TunedChoice>& choices() const { return choices_; }
  const Draft& draft() const { return now_.draft; }
  /// As the passes decide.
  const Draft& untouched() const { return before_.draft; }
  const std::vector<Decision>& decisions() const { return now_.decisions; }

 private:
  using Answers = std::map<std::string, std::string>;  // by key
  /// Kernels that one draft has and another one has not: computations of the first.
  using Parts = std::vector<size_t>;

  Variant variant(const Answers& answers) const;
  Answers answers() const;
  bool look_at(const Decision& decision);
  std::optional<TunedChoice> measure(const Decision& decision, const Variant& other);
  Subject subject(const Draft& draft, const Parts& parts) const;
  std::vector<std::pair<std::string, Parts>> kernels_of(const Draft& draft) const;
  double estimate(const Draft& draft, const Parts& parts) const;

  const Graph& traced_;
  Target target_;
  bool exact_;
  SearchSettings settings_;
  Cores cores_;
  Scratch scratch_;
  mutable TunedMoves known_;
  std::vector<TunedChoice> choices_;
  Variant before_, now_;
};

}  // namespace tinycc
