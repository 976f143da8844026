"""The columns of the exports' tables, in their order."""

__all__ = [
    "DOORDASH",
    "UBER_DISPATCHES",
    "UBER_EATS",
    "UBER_PAYMENTS",
    "UBER_RESTRICTIONS",
    "UBER_STATES",
    "UBER_TRIPS",
    "WOLT",
]

UBER_TRIPS = (
    "city_id", "currency_code", "timezone", "flow", "source_tag", "product_type_name",
    "global_product_name", "request_timestamp_local", "request_timestamp_utc",
    "begintrip_timestamp_local", "begintrip_timestamp_utc", "dropoff_timestamp_local",
    "dropoff_timestamp_utc", "eta", "surge_multiplier", "is_surged", "has_destination",
    "is_pool_matched", "is_star_power", "request_to_begin_distance_miles",
    "request_to_begin_duration_seconds", "trip_distance_miles", "trip_duration_seconds", "status",
    "is_completed", "is_flat_rate", "is_cash_trip", "is_wait_time_eligible", "is_rewindtrip",
    "rewindtrip_timestamp_local", "rewindtrip_timestamp_utc", "promotion_local", "promotion_usd",
    "credits_local", "credits_usd", "has_driver_upfront_fare", "driver_upfront_fare_local",
    "driver_upfront_fare_usd", "original_fare_local", "original_fare_usd", "base_fare_local",
    "base_fare_usd", "surge_fare_local", "surge_fare_usd", "minimum_fare_roundup_local",
    "minimum_fare_roundup_usd", "per_mile_fare_local", "per_mile_fare_usd", "per_minute_fare_local",
    "per_minute_fare_usd", "cancellation_fee_local", "cancellation_fee_usd",
    "rounding_down_amount_local", "rounding_down_amount_usd", "service_fee_local",
    "service_fee_usd", "toll_amount_local", "toll_amount_usd", "booking_fee_local",
    "booking_fee_usd", "earnings_boost_local", "earnings_boost_usd", "fare_distance_miles",
    "fare_duration_minutes", "request_date_id_local", "driver_trip_number", "concierge_source_type",
    "wait_time_fare_local", "wait_time_fare_usd", "service_fee", "is_on_time",
    "driver_cancellation_reason", "vehicle_trip_number", "is_multidestination",
    "driver_surge_multiplier", "long_distance_surcharge_local", "long_distance_surcharge_usd",
    "guaranteed_surge_multiplier", "ufp_type", "cancellation_type", "carrier_mcc", "carrier_mnc",
    "is_directed_dispatch_trip", "wait_duration_minutes", "is_scheduled_trip", "is_airport_trip",
)  # fmt: skip

UBER_PAYMENTS = (
    "city_name", "amount_local", "currency_code", "classification", "category",
    "recognize_timestamp_local",
)  # fmt: skip

UBER_STATES = (
    "earner_state", "city_id", "begin_lat", "begin_lng", "end_lat", "end_lng",
    "begin_timestamp_utc", "end_timestamp_utc", "duration_ms", "begin_timestamp_local",
    "end_timestamp_local",
)  # fmt: skip

UBER_DISPATCHES = (
    "start_timestamp_utc", "end_timestamp_utc", "start_timestamp_local", "end_timestamp_local",
    "city_id", "minutes_online", "minutes_active", "dispatches", "rejections", "accepts",
    "expireds", "driver_cancellations", "rider_cancellations", "completed_trips", "trip_fares",
    "driver_adjusted_fares", "flow_type", "minutes_on_break", "minutes_on_trip",
)  # fmt: skip

UBER_RESTRICTIONS = (
    "msg.cityid", "msg.penaltyboxdurationms", "msg.rule", "Time", "msg.latitude", "msg.longitude",
)  # fmt: skip

UBER_EATS = (
    "city_name", "courier_accept_timestamp_local", "courier_accept_timestamp_utc",
    "courier_accept_to_pickup_distance_miles", "courier_accept_to_pickup_duration_seconds",
    "courier_accept_trip_lat", "courier_accept_trip_lng", "courier_app_version",
    "courier_arrival_pickup_timestamp_local", "courier_begintrip_lat", "courier_begintrip_lng",
    "courier_begintrip_timestamp_local", "courier_begintrip_to_dropoff_miles",
    "courier_begintrip_to_dropoff_seconds", "courier_commission_rate", "courier_device",
    "courier_arrival_dropoff_timestamp_local", "courier_dropoff_timestamp_local", "delivery_status",
    "dropoff_delivery_distance_km", "restaurant_request_timestamp_local", "license_plate",
)  # fmt: skip

DOORDASH = (
    "ORDER_CREATED_TIME", "ORDER_STATUS", "ACTUAL_PICKUP_TIME", "ACTUAL_DELIVERY_TIME",
    "STORE_NAME",
)  # fmt: skip

WOLT = (
    "Task creation time ", "Task completion time", "Is pickup task", "Completed with vehicle type",
    "Arrived at", "Started at", "Arrival time", "Departed at",
)  # fmt: skip
