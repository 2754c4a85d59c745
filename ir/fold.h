// Folding of constants, with the arithmetic of the reference interpreter (scalar.h), and of casts.
#pragma once

#include <optional>

#include "ir/node.h"

namespace tinycc {

/// The constant that an elementwise node of constants equals (its shape is kept); nothing when a
/// source is no constant.
std::optional<Expr> fold(Expr e);

/// cast(cast(x)) as one cast, or none, where that is exact; any other node as it is.
Expr merge_casts(Expr e);

}  // namespace tinycc
