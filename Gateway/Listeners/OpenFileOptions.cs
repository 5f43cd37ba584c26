using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Listeners;

/// <summary>How the files that the process may open are shared out: every TCP connection takes one.</summary>
internal sealed class OpenFileOptions
{
    public const string ClientsSetting = "MAX_TCP_CONNECTIONS";
    public const string ApiSetting = "API_MAX_TCP_CONNECTIONS";
    public const string ServicesSetting = "PROXY_MAX_TCP_CONNECTIONS";

    [ConfigurationKeyName(ClientsSetting), Range(0, 10_000_000)]
    [Description("How many TCP connections clients may have, on INBOUND_PORT and INBOUND_HTTPS_PORT together. When all are taken, the "
        + "node accepts a new one and resets another for it: the oldest that never sent a whole request; else the one that is idle for "
        + "longest; else the new one. Set it above MAX_CONNECTIONS, so that one stream too many still gets an answer. 0 means what the "
        + "other shares leave of the files that the process may open (ulimit -n).")]
    public int Clients { get; set; }

    [ConfigurationKeyName(ApiSetting), Range(0, 1_000_000)]
    [Description("How many TCP connections back-ends and operators may have, on API_PORT and API_HTTPS_PORT together; more are treated "
        + "like those of clients, but here a request is whole only once its body is there. 0 means a thirty-second part of the files that "
        + "the process may open beyond its own, from 16 to 1024.")]
    public int Api { get; set; }

    [ConfigurationKeyName(ServicesSetting), Range(0, 1_000_000)]
    [Description("How many TCP connections this node makes to the services behind it; a proxied call that needs one more is answered "
        + "503 with Retry-After. 0 means a sixteenth of the files that the process may open beyond its own, from 16 to 8192.")]
    public int Services { get; set; }
}
