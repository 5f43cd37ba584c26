using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Network;

/// <summary>Connections that only take up room. The node is a process of its own: both ends in one would be more open files than many systems allow.</summary>
[NonParallelizable]
internal sealed class IdleConnectionTests
{
    private const int Connections = 10_000;
    private const int Together = 64;

    [Test]
    public async Task TenThousandIdleConnections_HarmNobody_AndAreEnded()
    {
        using var certificates = new TestCertificates();
        certificates.Renew();
        var settings = certificates.Settings.ToDictionary(setting => setting.Key, setting => setting.Value!);
        settings["JWT_SECRET_KEY"] = Token.Secret;
        settings["HTTP_KEEP_ALIVE_TIMEOUT_MS"] = "15000";
        settings["HTTPS_HANDSHAKE_TIMEOUT_MS"] = "15000";
        settings["API_MAX_TCP_CONNECTIONS"] = $"{Connections / 2}";
        await using var gateway = await GatewayProcess.Start(settings);
        var tls = await gateway.Tls();
        int[] ports = [gateway.External.Port, gateway.Api.Port, tls.External.Port, tls.Api.Port];
        using var healthy = await HealthyTraffic.Start(gateway.External, gateway.Api);

        var intruders = new Intruder[Connections];
        try
        {
            await Parallel.ForAsync(0, Connections, new ParallelOptions { MaxDegreeOfParallelism = Together }, async (i, _) =>
                intruders[i] = await Intruder.Connect(ports[i % ports.Length], (byte)(2 + (i % 100))));

            // Whoever comes now is served beside them.
            using var late = await SseClient.Open(gateway.External, $"users[]=late&token={Token.Of("late")}");
            await late.Next("phx_reply");
            await Task.WhenAll(intruders.Select(intruder => intruder.ReadToEnd()));
            await healthy.StopUnharmed();
        }
        finally
        {
            foreach (var intruder in intruders)
            {
                intruder?.Dispose();
            }
        }
    }
}
