// Folding of constants, with the arithmetic of the reference interpreter (scalar.h).
#pragma once

#include <optional>

#include "ir/node.h"

namespace tinycc {

/// The constant that an elementwise node of constants equals (its shape is kept); nothing when a
/// source is no constant.
std::optional<Expr> fold(Expr e);

}  // namespace tinycc
