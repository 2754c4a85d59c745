// Beam search over schedules, kernel by kernel. In: a draft, moves to start from, a budget. Out: the
// fastest moves that were measured, and the times. Each candidate went through a ladder: the estimate
// of cost.h ranks it, the moves must be legal, its results those of the plain nest, and its time is
// compared with the best one's in turns, so that a busy machine slows both. LLVM's machine-code
// analyser is no rung of it: it needs the compiled candidate, and compiling is three quarters of what
// a candidate costs; a first look at its time is the rest, and sees caches as well.
#pragma once

#include <chrono>
#include <set>

#include "compiler/tune/process.h"
#include "compiler/tune/trial.h"
#include "passes/build_program.h"
#include "passes/proposals.h"

namespace tinycc {

/// One kernel of the program, or several calls of equal ones.
struct TunedUnit {
  std::string name;
  std::vector<size_t> computations;              // of the draft; the first of equal kernels
  std::vector<std::string> keys, moves, before;  // by computation
  int64_t calls = 1;                             // in the program
  double before_us = 0, now_us = 0;              // of one call
};

struct SearchSettings {
  double budget_s = 60;
  std::string cc, runner;  // as Subject's
};

class Search {
 public:
  /// `start`: moves to begin with, by computation; `untouched`: the model without a tuning file, for
  /// comparison. Errors: Error(bad_input) when nothing runs here.
  Search(const Draft& draft, const Draft& untouched, const std::vector<std::string>& start,
         const SearchSettings& settings);

  /// `improved` is called after each gain, `progress` now and then with a line about it.
  void run(const std::function<void()>& improved,
           const std::function<void(const std::string&)>& progress);

  const std::vector<TunedUnit>& units() const { return units_; }
  /// Of all calls of a run together.
  double now_us() const;
  int64_t tried() const { return tried_; }
  int64_t rejected() const { return rejected_; }
  /// What was wrong with the last candidate whose results were wrong, or that crashed; or empty.
  const std::string& complaint() const { return complaint_; }
  /// Times of the whole program, in µs: by the heuristics, and with what was found.
  std::pair<double, double> whole_program() const;

 private:
  struct Measured {
    double us;
    Proposal proposal;
  };
  /// What is known about the space of one computation of a unit.
  struct Space {
    size_t part;                       // of the unit
    std::optional<ScheduleSpace> all;  // once it is looked at
    std::set<std::string> tried;
    std::vector<Measured> measured;
  };
  struct State {
    std::vector<Space> spaces;
    std::unique_ptr<SharedBytes> results;  // of the plain nest
    double hope = 0.3;                     // of the share of its time that the next batch saves
    double batch_s = 1;
    size_t batches = 0;
  };
  struct Candidate {
    Proposal proposal;
    std::unique_ptr<Trial> trial;
  };

  void find_units(const std::vector<std::string>& start);
  void measure_start();
  void find_space(size_t unit, std::set<std::string>& owned);
  Subject subject(const TunedUnit& unit, const std::vector<std::string>& moves) const;
  Subject whole(bool tuned) const;
  bool make_reference(size_t unit);
  void batch(size_t unit, const std::function<void()>& improved);
  std::vector<Proposal> pick(size_t unit, Space& space) const;
  void enter(size_t unit, Space& space) const;
  void verify(TunedUnit& unit) const;
  double time_to_verify() const;
  double gain_of(size_t unit) const;
  bool is_steady() const;
  double seconds_left() const;

  const Draft &draft_, &untouched_;
  SearchSettings settings_;
  Cores cores_;
  Scratch scratch_;
  std::vector<TunedUnit> units_;
  std::vector<State> states_;
  std::vector<std::string> heuristic_;  // by computation
  std::vector<Knobs> winners_;          // of all kernels, the last first
  int64_t tried_ = 0, rejected_ = 0;
  double spent_s_ = 0;  // on those tried
  std::string complaint_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace tinycc
