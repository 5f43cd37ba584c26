using System.Diagnostics;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Monitoring;

/// <summary>What Prometheus' own tool says of the files in <c>compose/monitoring</c>.</summary>
internal sealed class PromtoolTests
{
    [TestCase("check config prometheus.yml")]
    [TestCase("check rules rules.yml")]
    [TestCase("test rules rules.test.yml")]
    public async Task Files_AreAsTheyMustBe(string command)
    {
        PrometheusServer.Require();
        var start = new ProcessStartInfo("promtool", command.Split(' '))
        {
            WorkingDirectory = Path.Combine(RepositoryFiles.Root, "compose/monitoring"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var promtool = Process.Start(start)!;
        var (output, error) = (promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.WaitForExitAsync().Soon();

        Assert.That(promtool.ExitCode, Is.Zero, await output.Soon() + await error.Soon());
        Assert.That(await output.Soon(), Does.Contain("SUCCESS"));
    }
}
