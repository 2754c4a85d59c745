#include "classify.h"

int classify(const digits_image *image, digits_arena *arena)
{
    digits_probs probs;
    const digits_inputs inputs = {image};
    const digits_outputs outputs = {&probs};
    int best = 0;

    if (digits_run(&inputs, &outputs, arena) != DIGITS_OK) {
        return -1;
    }
    for (int k = 1; k < 10; ++k) {
        best = (probs.at[0][k] > probs.at[0][best]) ? k : best;
    }
    return best;
}
