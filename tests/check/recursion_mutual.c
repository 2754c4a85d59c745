/* expect: recursion at 13 */
int t_run(int n);
static int t_odd(int n);

static int t_even(int n)
{
    return (n == 0) ? 1 : t_odd(n - 1);
}

static int t_odd(int n)
{
    /* back to where the search began: t_even is the first by name */
    return (n == 0) ? 0 : t_even(n - 1);
}

int t_run(int n)
{
    return t_even(n);
}
