// How values of a model that are no plain tensors travel in tensors, between front ends, which make
// such inputs and outputs, and emitters, whose tools and checks must know.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tinycc {

struct PortForm {
  /// tensor    as it is
  /// text      u8, the last axis holds the bytes of one string; behind its end they are 0
  /// sequence  [most, cells], each row the elements of one tensor without gaps; then `shapes`,
  ///           i64 [most, 1 + ranks]: rank and extents of each; then `count`, i64: how many there
  ///           are, or -1 for an optional sequence that is none
  /// optional  the same, of one tensor or none
  /// loose     the same, of exactly one: a tensor whose extents only a run knows
  /// part      `shapes` or `count` of the one before
  enum class Kind : uint8_t { tensor, text, sequence, optional, loose, part } kind = Kind::tensor;
  /// By axis of an element: its extent, or -most where only a run knows it. Nothing: any rank.
  std::optional<std::vector<int64_t>> extents = {};
  /// Least and greatest value of an integer input's few elements, checked on entry: one pair for all,
  /// or one each, where the least may be beyond the greatest: any value. Empty: they may be anything.
  std::vector<std::pair<int64_t, int64_t>> ranges = {};

  const std::pair<int64_t, int64_t>& range_of(size_t element) const {
    return ranges[ranges.size() == 1 ? 0 : element];
  }
};

}  // namespace tinycc
