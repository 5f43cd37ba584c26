using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using RigKafka.Auth;
using RigKafka.Delivery;
using RigKafka.Health;
using RigKafka.Listeners;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Settings;
using RigKafka.Telemetry;
using RigKafka.Transports;

var builder = WebApplication.CreateSlimBuilder(args);
var settings = new SettingsReader(builder.Configuration);
builder.AddTelemetry(settings);
builder.AddListeners(settings);
builder.AddMessages(settings);
builder.Services.AddSingleton(settings.Read<LogOptions>());
builder.Services.AddSingleton<IMessageLog, EmbeddedLog>();
builder.AddAuth(settings);
builder.AddDelivery(settings);
builder.AddHealth(settings);
builder.AddTransports(settings);
builder.Services.Configure<SocketTransportOptions>(o => { o.MaxWriteBufferSize = 1; });
var app = builder.Build();
app.MapListeners(
    external => { external.MapHealth(); external.MapTransports(); },
    api => { api.MapHealthDetails(); api.MapTelemetry();
    var log = app.Services.GetRequiredService<IMessageLog>(); var o = app.Services.GetRequiredService<MessageOptions>();
    api.MapPost("/v1/messages", async (HttpContext c) => {
      var ms = new MemoryStream(); await c.Request.Body.CopyToAsync(ms);
      if (Message.TryParse(ms.ToArray(), o.UserFieldUtf8, out var m) != MessageFault.None) { c.Response.StatusCode = 400; return; }
      await log.Append(m, []); c.Response.StatusCode = 202; await c.Response.WriteAsync("message queued for transport");
    }); });
app.Run();
