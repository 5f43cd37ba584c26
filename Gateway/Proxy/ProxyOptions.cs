using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Http;

namespace RigKafka.Proxy;

/// <summary>How calls are forwarded to the services behind the gateway.</summary>
internal sealed class ProxyOptions : IValidatableObject
{
    public const string ClientHost = "client";
    public const string SetForwarded = "set";
    public const string AnyHeader = "*";

    [ConfigurationKeyName("PROXY_CONNECT_TIMEOUT_MS")]
    [Description("How long it may take to connect to a service, in milliseconds.")]
    [Range(1, 300_000)]
    public int ConnectTimeoutMs { get; set; } = 8_000;

    [ConfigurationKeyName("PROXY_RESPONSE_TIMEOUT_MS")]
    [Description("How long a service may take from the last byte of a request to the first of its answer, in milliseconds, unless the "
        + "endpoint says otherwise (response_timeout_ms).")]
    [Range(1, 3_600_000)]
    public int ResponseTimeoutMs { get; set; } = 5_000;

    [ConfigurationKeyName("PROXY_EXPECT_CONTINUE_TIMEOUT_MS")]
    [Description("How long a service that is asked first (Expect: 100-continue) may take to say that it wants a body, in milliseconds. "
        + "Then the body is sent anyway. 0: no service is asked, unless the client asks.")]
    [Range(0, 60_000)]
    public int ExpectContinueTimeoutMs { get; set; } = 1_000;

    [ConfigurationKeyName("PROXY_EXPECT_CONTINUE_MIN_BYTES")]
    [Description("A service of HTTP/1.1 is asked first whether it wants a body that is longer than this, in bytes, or of unknown "
        + "length, so that it can refuse it.")]
    [Range(1_024, int.MaxValue)]
    public int ExpectContinueMinBytes { get; set; } = 1_048_576;

    [ConfigurationKeyName("PROXY_IDLE_TIMEOUT_MS")]
    [Description("How long a connection to a service is kept while no call needs it, in milliseconds. A service that closes idle "
        + "connections earlier than that meets calls with a closed one.")]
    [Range(100, 3_600_000)]
    public int IdleTimeoutMs { get; set; } = 60_000;

    [ConfigurationKeyName("PROXY_BODY_MAX_BYTES")]
    [Description("The largest body of a proxied request, in bytes; a larger one is answered with 413. 0 for no limit: bodies are "
        + "passed on as they come, never held.")]
    [Range(0, int.MaxValue)]
    public int BodyMaxBytes { get; set; }

    [ConfigurationKeyName("PROXY_HOST_HEADER"), AllowedValues(ClientHost, "target")]
    [Description("Which Host a service sees: the one that the client named, or its own.")]
    public string HostHeader { get; set; } = ClientHost;

    [ConfigurationKeyName("PROXY_FORWARDED_HEADERS"), AllowedValues(SetForwarded, "append")]
    [Description("What happens to X-Forwarded-For, -Host and -Proto and to Forwarded that a client sent: set replaces them, append "
        + "adds to them. append is only for a gateway that nobody can reach except through trusted proxies.")]
    public string ForwardedHeaders { get; set; } = SetForwarded;

    [ConfigurationKeyName("PROXY_PASS_REQUEST_HEADERS")]
    [Description("Names of request headers that services get although a client could forge them: Proxy, X-Rewrite-URL, "
        + "X-HTTP-Method-Override, X-HTTP-Method, X-Method-Override, X-Content-Length, and names with anything but letters, digits and "
        + "hyphens, such as X_Forwarded_For. * is all of them. An API names its own in pass_request_headers.")]
    public IReadOnlyList<string> PassRequestHeaders { get; set; } = [];

    public TimeSpan ConnectTimeout => TimeSpan.FromMilliseconds(ConnectTimeoutMs);

    public TimeSpan ResponseTimeout => TimeSpan.FromMilliseconds(ResponseTimeoutMs);

    public TimeSpan IdleTimeout => TimeSpan.FromMilliseconds(IdleTimeoutMs);

    public bool AsksBeforeBodies => ExpectContinueTimeoutMs > 0;

    /// <summary>For a client that asks by itself there is one in any case.</summary>
    public TimeSpan ExpectContinueTimeout => TimeSpan.FromMilliseconds(AsksBeforeBodies ? ExpectContinueTimeoutMs : 1_000);

    public bool KeepsHost => HostHeader == ClientHost;

    public bool SetsForwarded => ForwardedHeaders == SetForwarded;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        => PassRequestHeaders.Where(name => !StrictRequest.IsName(name))
            .Select(name => name.ReplaceLineEndings(" "))
            .Select(name => new ValidationResult($"PROXY_PASS_REQUEST_HEADERS={name}: expected names of headers, or *."));
}
