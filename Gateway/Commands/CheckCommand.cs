using System.CommandLine;
using System.Runtime.CompilerServices;
using RigKafka.Settings;

namespace RigKafka.Commands;

/// <summary><c>check</c>: says whether a node could start and work in this environment. It changes nothing.</summary>
internal static class CheckCommand
{
    /// <summary>How long each of the checks may take.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    /// <param name="build">Puts a node together, without starting it.</param>
    public static Command Create(Func<(SettingsReader Settings, Func<IServiceProvider> Services)> build)
    {
        var command = new Command(
            "check", "Says in one line each whether settings, ports, certificate, keys of tokens, and Kafka with its topics and rights are as a node needs them. Changes nothing.");
        command.SetAction(async (parsed, cancellation) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var (settings, services) = build();
            foreach (var mistake in settings.Mistakes)
            {
                await output.WriteLineAsync($"wrong {mistake}");
            }

            if (settings.Mistakes.Count > 0)
            {
                return 1;
            }

            await output.WriteLineAsync("ok Settings: none is wrong.");
            var isOk = true;
            foreach (var check in services().GetServices<EnvironmentCheck>())
            {
                try
                {
                    await foreach (var result in InTime(check, cancellation))
                    {
                        await Say(result);
                    }
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    await Say(CheckResult.Wrong($"{check.Name}: {failure.Message.TrimEnd('.')}; expected an answer."));
                }
            }

            return isOk ? 0 : 1;

            Task Say(CheckResult result)
            {
                isOk &= result.IsOk;
                return output.WriteLineAsync($"{result.Word} {result.Text.ReplaceLineEndings(" ")}");
            }
        });
        return command;
    }

    private static async IAsyncEnumerable<CheckResult> InTime(EnvironmentCheck check, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var end = Task.Delay(Most, time.Token);
        var results = check.Look(time.Token).GetAsyncEnumerator(time.Token);
        while (true)
        {
            var next = results.MoveNextAsync().AsTask();
            if (await Task.WhenAny(next, end) == end)
            {
                yield return CheckResult.Wrong($"{check.Name}: no answer within {Most.TotalSeconds} s; expected one.");
                yield break;
            }

            if (!await next)
            {
                await time.CancelAsync();
                await results.DisposeAsync();
                yield break;
            }

            yield return results.Current;
        }
    }
}
