/* expect: recursion at 6 */
int t_run(int n);

int t_run(int n)
{
    return (n > 0) ? (t_run(n - 1) + 1) : 0;
}
