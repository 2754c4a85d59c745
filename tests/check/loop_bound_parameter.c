/* expect: loop-bound at 7 */
/* options: symbolic */
void t_run(float *x, int n);

void t_run(float *x, int n)
{
    for (int i = 0; i < n; ++i) { /* n could change within the loop: it must be const */
        x[i] = 0.0f;
    }
}
