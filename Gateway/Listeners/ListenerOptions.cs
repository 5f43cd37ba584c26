using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;

namespace RigKafka.Listeners;

/// <summary>Where the gateway listens, and how much of a request it takes before it looks at it.</summary>
internal sealed class ListenerOptions : IValidatableObject
{
    [ConfigurationKeyName("INBOUND_PORT")]
    [Description("The port for clients: sockets and proxied calls. 0 takes any free one.")]
    [Range(0, 65535)]
    public int InboundPort { get; set; } = 4000;

    [ConfigurationKeyName("API_PORT")]
    [Description("The port for back-ends and operators. Unless API_TOKEN is set it asks nobody who they are, so it is not for the outside. 0 takes any free one.")]
    [Range(0, 65535)]
    public int ApiPort { get; set; } = 4010;

    [ConfigurationKeyName("LISTEN_ADDRESS")]
    [Description("The IP address that both ports listen on; every address of the machine, IPv4 and IPv6, when empty.")]
    public string Address { get; set; } = "";

    [ConfigurationKeyName("HTTP_REQUEST_LINE_MAX_BYTES")]
    [Description("The longest request line, in bytes; a token in a query string has to fit. A longer one is answered with 414.")]
    [Range(1024, 1_048_576)]
    public int RequestLineMaxBytes { get; set; } = 16_384;

    [ConfigurationKeyName("HTTP_HEADERS_MAX_BYTES")]
    [Description("The most that the headers of a request may take together, in bytes. More is answered with 431.")]
    [Range(1024, 1_048_576)]
    public int HeadersMaxBytes { get; set; } = 32_768;

    [ConfigurationKeyName("HTTP_HEADERS_TIMEOUT_MS")]
    [Description("How long a client may take to send the headers of a request, in milliseconds.")]
    [Range(1000, 3_600_000)]
    public int HeadersTimeoutMs { get; set; } = 15_000;

    [ConfigurationKeyName("HTTP_KEEP_ALIVE_TIMEOUT_MS")]
    [Description("How long a connection without a request is kept, in milliseconds.")]
    [Range(1000, 3_600_000)]
    public int KeepAliveTimeoutMs { get; set; } = 120_000;

    [ConfigurationKeyName("TCP_USER_TIMEOUT_MS")]
    [Description("How long what was sent may stay unacknowledged before the client counts as gone, in milliseconds. 0 leaves it to the system; only Linux knows it.")]
    [Range(0, 3_600_000)]
    public int TcpUserTimeoutMs { get; set; } = 20_000;

    /// <summary>Whether only this machine can reach the ports.</summary>
    public bool IsLoopback => IPAddress.TryParse(Address, out var address) && IPAddress.IsLoopback(address);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (InboundPort == ApiPort && ApiPort != 0)
        {
            yield return new ValidationResult($"API_PORT={ApiPort}: expected another port than INBOUND_PORT.");
        }

        if (Address.Length > 0 && !IPAddress.TryParse(Address, out _))
        {
            yield return new ValidationResult($"LISTEN_ADDRESS={Address}: expected an IP address, or nothing.");
        }
    }
}
