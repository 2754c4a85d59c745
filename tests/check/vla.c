/* expect: -Wvla at 6 */
void t_run(float *out, int n);

void t_run(float *out, int n)
{
    float copy[n];
    copy[0] = 1.0f;
    out[0] = copy[0];
}
