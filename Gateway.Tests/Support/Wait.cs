using NUnit.Framework;

namespace RigKafka.Tests.Support;

/// <summary>Waits for what is bound to come, but not for ever: where it hangs, the test fails.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Limits.Hang);

    public static Task Soon(this Task task) => task.WaitAsync(Limits.Hang);

    public static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limits.Hang);

    public static Task Soon(this ValueTask task) => task.AsTask().WaitAsync(Limits.Hang);

    /// <summary>For a state that nothing announces.</summary>
    public static Task Until(Func<bool> isSo, string what, TimeSpan? within = null) => Until(() => Task.FromResult(isSo()), what, within);

    public static async Task Until(Func<Task<bool>> isSo, string what, TimeSpan? within = null)
    {
        var until = DateTime.UtcNow + (within ?? Limits.Hang);
        while (!await isSo())
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(until), $"in time: {what}");
            await Task.Delay(Pause);
        }
    }
}
