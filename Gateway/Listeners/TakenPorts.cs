using System.Net.Sockets;
using RigKafka.Settings;
using RigKafka.Tls;

namespace RigKafka.Listeners;

/// <summary>
/// Looks before the start whether another process has a port already: the likeliest mistake of all, and the server's own words for it
/// fill a page.
/// </summary>
internal static class TakenPorts
{
    /// <summary>One line for each port that cannot be had.</summary>
    public static IReadOnlyList<string> Find(IServiceProvider services)
    {
        var options = services.GetRequiredService<ListenerOptions>();
        return
        [
            .. from port in Ports(services)
               where port.Number != 0
               let mistake = Mistake(options, port.Name, port.Number)
               where mistake is not null
               select mistake,
        ];
    }

    /// <summary>The same for the command <c>check</c>.</summary>
    public static async IAsyncEnumerable<CheckResult> Look(IServiceProvider services)
    {
        await Task.CompletedTask;
        var mistakes = Find(services);
        foreach (var mistake in mistakes)
        {
            yield return CheckResult.Wrong(mistake);
        }

        if (mistakes.Count == 0)
        {
            yield return CheckResult.Ok($"The ports {string.Join(", ", Ports(services).Select(port => port.Number))} are free.");
        }
    }

    private static IEnumerable<(string Name, int Number)> Ports(IServiceProvider services)
    {
        var options = services.GetRequiredService<ListenerOptions>();
        return services.GetService<CertificateSource>() is null
            ? [("INBOUND_PORT", options.InboundPort), ("API_PORT", options.ApiPort)]
            : [
                ("INBOUND_PORT", options.InboundPort), ("API_PORT", options.ApiPort),
                ("INBOUND_HTTPS_PORT", options.InboundHttpsPort), ("API_HTTPS_PORT", options.ApiHttpsPort),
            ];
    }

    private static string? Mistake(ListenerOptions options, string name, int port)
    {
        try
        {
            using var socket = ListenEndPoint.Bind(ListenEndPoint.Of(options.Address, port, isApi: false, isTls: false), userTimeoutMs: 0);
            socket.Listen();
            return null;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"{name}={port}: expected a free port; another process listens there.",
                SocketError.AccessDenied => $"{name}={port}: expected a port that this process may listen on, as above 1023.",
                // What else there is the server says.
                _ => null,
            };
        }
    }
}
