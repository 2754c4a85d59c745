// Quantised models in integers. Where floats come from integers and go back to integers,
//
//   y = i8(clamp(round(f(scale * (x - zero)) / scale_y) + zero_y))
//
// f is carried out on the integers: sums of products in i32 and a fixed-point scaling
// (requantise.h) where f is linear but for its limits; a table of all results where f is any
// function of one element of 8 bits; exp by table and integer quotients, hence softmax. Sums of
// products whose result stays real are summed in integers and scaled once.
#pragma once

#include <map>

#include "ir/graph.h"

namespace tinycc {

/// How often each rule was applied, by its name. `has_frames`: padding will lie in memory, and may
/// hold a zero point as well as a zero. Else zero points are subtracted before padding: loops over
/// what lies inside need no zeros.
std::map<std::string_view, int> use_integers(Graph& graph, bool has_frames = true);

}  // namespace tinycc
