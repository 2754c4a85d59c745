/* expect: -Wshadow at 9 */
float t_run(const float *x);

float t_run(const float *x)
{
    float sum = 0.0f;

    for (int i = 0; i < 4; ++i) {
        const float sum = x[i];
        (void)sum;
    }
    return sum;
}
